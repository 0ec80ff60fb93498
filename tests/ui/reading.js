/* What somebody reads on a page; evaluated there by reading.py. */
({
  /** Every text that is shown: nodes of text, attributes that are read out, the title. */
  read() {
    const turning = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
    const own = document.documentElement.lang;
    const placeOf = (node) => `${node.tagName} ${node.id || node.getAttribute("class") || ""}`;
    const isForeign = (node) => node.closest("[lang]").lang !== own;
    const isInline = (node) => /^(inline|contents)$/.test(getComputedStyle(node).display);
    const lineOf = (node) => {
      let box = node.parentElement;
      while (isInline(box)) box = box.parentElement;
      return box;
    };
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      const isOption = parent.matches("option");
      const shown = isOption ? parent.closest("select") : parent;
      if (!node.data.trim() || parent.closest("script, style, noscript")) continue;
      if (!shown.checkVisibility() || isForeign(parent)) continue;
      texts.push({ node, parent, line: isOption ? parent : lineOf(node) });
    }
    // How many texts stand in one line box: those have to leave each other alone.
    const inLine = new Map();
    for (const { line } of texts) inLine.set(line, (inLine.get(line) || 0) + 1);
    const found = texts.map(({ node, parent, line }) => ({
      text: node.data, place: placeOf(parent),
      isAlone: inLine.get(line) === 1 || !turning.test(node.data),
    }));
    for (const node of document.body.querySelectorAll("*")) {
      if (!(node.closest("select") || node).checkVisibility() || isForeign(node)) continue;
      const values = ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "label"]
        .map((name) => node.getAttribute(name));
      for (const pseudo of ["::before", "::after"]) {
        const { content } = getComputedStyle(node, pseudo);
        if (!["none", "normal"].includes(content)) values.push(content);
      }
      for (const text of values.filter(Boolean)) found.push({ text, place: placeOf(node), isAlone: true });
    }
    found.push({ text: document.title, place: "title", isAlone: true });
    return found;
  },

  /** What reaches beyond the window, or has to be scrolled sideways to be read. */
  stickingOut() {
    const width = document.documentElement.clientWidth;
    const placeOf = (node) => `${node.tagName} ${node.id || node.getAttribute("class") || ""}`;
    const isCut = (node) => {
      for (let box = node.parentElement; box; box = box.parentElement) {
        if (getComputedStyle(box).overflowX !== "visible") return true;
      }
      return false;
    };
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push("the page");
    for (const node of document.body.querySelectorAll("*")) {
      if (!node.checkVisibility() || node.closest(".leaflet-container, svg, select, nav")) continue;
      const isScrolled = ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
      if (isScrolled && node.scrollWidth > node.clientWidth + 1) found.push(placeOf(node));
      const { left, right, width: own } = node.getBoundingClientRect();
      if (own > 1 && left >= 0 && right > width + 1 && !isCut(node)) found.push(placeOf(node));
    }
    return found;
  },
})
