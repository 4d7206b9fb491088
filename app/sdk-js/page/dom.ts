// Elements in a line, and parts of the page that change only when what they show does.

type Child = Element | string | false | undefined;

/** `el("p", { class: "note" }, "text", el("b", {}, "bold"))`; attributes that are false or missing are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child): child is Element | string => child !== false && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Element[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** The element of an id, which the page has. */
export function at<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

const shown = new WeakMap<Element, string>();

/** Fills an element, unless it shows just that already: then focus and selection in it stay. */
export function fill(element: Element, key: unknown, make: () => Child[]): void {
  const text = JSON.stringify(key, (_, value) => (typeof value === "bigint" ? value.toString() : value));
  if (shown.get(element) === text) return;
  shown.set(element, text);
  element.replaceChildren(
    ...make().filter((child): child is Element | string => child !== false && child !== undefined),
  );
}

export function button(text: string, press: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
  const element = el("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", press);
  return element;
}

/** An address, short, whole in its title. */
export function short(address: string): HTMLElement {
  return el("span", { class: "mono", title: address }, `${address.slice(0, 12)}…${address.slice(-6)}`);
}

/** Names and what they are: a `dl`. */
export function facts(...pairs: Array<[string, ...Child[]] | false | undefined>): HTMLElement {
  const shown = pairs.filter((pair) => pair !== false && pair !== undefined);
  return el("dl", {}, ...shown.map(([name, ...values]) => el("div", {}, el("dt", {}, name), el("dd", {}, ...values))));
}
