/** The ways of a page to send a request. This runs in the page. */
globalThis.ways = {
  fetch: async (attempts) => {
    const read = attempts.map(async ({ url, ...request }) => {
      const response = await fetch(url, request);
      return [`${response.status} ${await response.text()}`];
    });
    return (await Promise.all(read.map((one) => one.catch(() => [])))).flat();
  },

  "fetch without preflight": async (attempts) => {
    const read = attempts.map(async ({ url, method, body }) => {
      // What a page may send unasked.
      const isGet = method === "GET";
      const response = await fetch(url, {
        mode: "no-cors",
        method: isGet ? "GET" : "POST",
        ...(isGet || body === undefined ? {} : { body }),
      });
      return response.type === "opaque" ? [] : [`${response.status} ${await response.text()}`];
    });
    return (await Promise.all(read.map((one) => one.catch(() => [])))).flat();
  },

  "a body without a type": async (attempts) => {
    const read = attempts.map(async ({ url, body }) => {
      await fetch(url, {
        mode: "no-cors",
        method: "POST",
        referrerPolicy: "no-referrer",
        body: new Blob([body ?? ""]),
      });
    });
    await Promise.allSettled(read);
    return [];
  },

  "a beacon": async (attempts) => {
    for (const { url, body } of attempts) navigator.sendBeacon(url, body);
    return [];
  },

  "forms of each type": async (attempts) => {
    const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
    for (const [at, { url, body = "" }] of attempts.filter(({ method }) => method === "POST").entries()) {
      for (const enctype of at === 0 ? types : types.slice(0, 1)) {
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.name = `${url}${enctype}`;
        const form = document.body.appendChild(document.createElement("form"));
        Object.assign(form, { action: url, method: "POST", enctype, target: frame.name });
        // A text/plain form writes name=value: JSON takes the "=" into a string.
        const field = form.appendChild(document.createElement("input"));
        Object.assign(field, { name: body.replace(/\}$/, ',"x":"'), value: '"}' });
        form.submit();
      }
    }
    return [];
  },

  "scripts and images": async (attempts) => {
    const loaded = attempts.flatMap(({ url }) =>
      ["script", "img"].map((tag) => {
        const element = document.createElement(tag);
        const { promise, resolve } = Promise.withResolvers();
        element.onload = () => resolve([`loaded as ${tag}: ${url}`]);
        element.onerror = () => resolve([]);
        element.src = url;
        document.body.append(element);
        return promise;
      }),
    );
    return (await Promise.all(loaded)).flat();
  },
};
