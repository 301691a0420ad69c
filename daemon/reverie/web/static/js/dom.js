/**
 * Making elements, with text that can never be markup.
 */

/**
 * An element with attributes and children; a child that is a string is text.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] False, null: left out.
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

/**
 * An element of a drawing (SVG).
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export const drawing = (name, attributes = {}, ...children) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
};

/**
 * @param {Element} made
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 */
const setAttributes = (made, attributes) => {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    made.setAttribute(key, value === true ? '' : String(value));
  }
};

/**
 * Set an element's text, without touching the page if it is the same: screen readers would read it again.
 *
 * @param {Element | null | undefined} node
 * @param {string} text
 */
export const setText = (node, text) => {
  if (node && node.textContent !== text) node.textContent = text;
};

/**
 * The element of that id, which the page must have.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
};
