/** A message of the Segment spec. */
export type Message = Readonly<Record<string, unknown>>;

const countries = ["DE", "DE", "DE", "FR", "FR", "NL", "GB", "GB", "US", "ES", "IT", "PL"] as const;
const currencies: Readonly<Record<string, string>> = { GB: "GBP", US: "USD", PL: "PLN" };
const products = [
  { id: "espresso-cup", category: "kitchen", price: 12.5 },
  { id: "linen-apron", category: "kitchen", price: 34 },
  { id: "oak-shelf", category: "furniture", price: 119 },
  { id: "desk-lamp", category: "lighting", price: 58.9 },
  { id: "paper-lantern", category: "lighting", price: 17.25 },
  { id: "field-notes", category: "stationery", price: 9.95 },
  { id: "fountain-pen", category: "stationery", price: 41.6 },
  { id: "wool-blanket", category: "textiles", price: 84 },
] as const;
type Product = (typeof products)[number];

interface Visitor {
  readonly anonymousId: string;
  readonly country: string;
  readonly cart: Product[];
}

const visitorsMax = 200;

/** A made-up shop with visitors who look around, fill carts and sometimes buy. All it makes is labelled as demo. */
export class Shop {
  readonly #random: () => number;
  readonly #visitors: Visitor[] = [];
  #made = 0;

  /** `random` gives numbers from 0 to below 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** What one visitor does next, at the given time: one to three messages. */
  act(nowMs: number): Message[] {
    const visitor = this.#visitor();
    const draw = this.#random();
    if (draw < 0.3) return [this.#page(visitor, nowMs, this.#pick(["/demo", "/demo/sale", "/demo/search"]))];
    if (draw < 0.8) return this.#view(visitor, nowMs);
    if (draw < 0.93 || visitor.cart.length === 0) return this.#add(visitor, nowMs);
    return this.#buy(visitor, nowMs);
  }

  #visitor(): Visitor {
    if (this.#visitors.length < visitorsMax && this.#random() < 0.2) {
      const anonymousId = `demo-visitor-${Math.floor(this.#random() * 1e9)}`;
      this.#visitors.push({ anonymousId, country: this.#pick(countries), cart: [] });
    } else if (this.#random() < 0.02) {
      this.#visitors.splice(Math.floor(this.#random() * this.#visitors.length), 1);
    }
    const place = Math.floor(this.#random() * this.#visitors.length);
    return this.#visitors[place] ?? { anonymousId: "demo-visitor-0", country: "DE", cart: [] };
  }

  #view(visitor: Visitor, nowMs: number): Message[] {
    const product = this.#pick(products);
    const { category } = product;
    return [
      this.#page(visitor, nowMs, `/demo/${category}`),
      this.#track(visitor, nowMs, "Product Viewed", { product_id: product.id, category, price: product.price }),
    ];
  }

  #add(visitor: Visitor, nowMs: number): Message[] {
    const product = this.#pick(products);
    visitor.cart.push(product);
    const { id, category, price } = product;
    return [this.#track(visitor, nowMs, "Product Added", { product_id: id, category, price })];
  }

  #buy(visitor: Visitor, nowMs: number): Message[] {
    const products = visitor.cart.splice(0);
    const cents = products.reduce((sum, { price }) => sum + Math.round(price * 100), 0);
    return [
      this.#page(visitor, nowMs, "/demo/checkout"),
      this.#track(visitor, nowMs, "Order Completed", {
        order_id: `demo-order-${this.#made}`,
        revenue: cents / 100,
        currency: currencies[visitor.country] ?? "EUR",
        products: products.map(({ id, price }) => ({ product_id: id, price })),
      }),
    ];
  }

  #page(visitor: Visitor, nowMs: number, path: string): Message {
    return this.#message(visitor, nowMs, { type: "page", name: path, properties: { path } }, { page: { path } });
  }

  #track(visitor: Visitor, nowMs: number, event: string, properties: Message): Message {
    return this.#message(visitor, nowMs, { type: "track", event, properties }, {});
  }

  #message({ anonymousId, country }: Visitor, nowMs: number, message: Message, context: Message): Message {
    this.#made++;
    return {
      ...message,
      messageId: `demo-${nowMs.toString(36)}-${this.#made}-${Math.floor(this.#random() * 1e9).toString(36)}`,
      anonymousId,
      timestamp: new Date(nowMs).toISOString(),
      context: { ...context, geo: { country }, library: { name: "millrace-demo", version: "1.0.0" } },
    };
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)] ?? values[0];
    if (value === undefined) throw new Error("Expected at least one value to pick from, got none");
    return value;
  }
}
