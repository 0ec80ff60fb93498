/* The little of a page that a module without elements looks at; import it first. */

const data = { language: "en", timezone: "Asia/Shanghai", attribution: [], words: {} };

globalThis.window = globalThis;
globalThis.addEventListener = () => {};
globalThis.document = {
  cookie: "",
  getElementById: (id) => (id === "page-data" ? { textContent: JSON.stringify(data) } : null),
};
