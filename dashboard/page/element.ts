type ElementClass<E extends Element> = abstract new () => E;

/** The element of the page that carries `data-part="name"`. Throws where the page has none of that kind. */
export function part<E extends Element>(root: ParentNode, name: string, kind: ElementClass<E>): E {
  return only(root, `[data-part="${name}"]`, kind);
}

/** The first element that the selector finds. Throws where there is none of that kind. */
export function only<E extends Element>(root: ParentNode, selector: string, kind: ElementClass<E>): E {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`Expected a ${kind.name} at ${selector}, got ${found?.tagName ?? "nothing"}`);
}

/** A copy of what is in `<template id="id">`. */
export function fromTemplate(id: string): HTMLElement {
  const first = only(document, `template#${id}`, HTMLTemplateElement).content.firstElementChild;
  const copy = first?.cloneNode(true);
  if (copy instanceof HTMLElement) return copy;
  throw new Error(`Expected an element in the template ${id}, got nothing`);
}

/** Makes the element say the text; does nothing where it does already, so that a screen reader keeps quiet. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with a text in it. */
export function textElement<K extends keyof HTMLElementTagNameMap>(name: K, text: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
