// Added to the end of a page: measures every line of its text and leaves what is wrong with it in the document.
{
  const UNFOLD = document.currentScript.dataset.unfold === "true";
  const LEAST = 4.5; // contrast, WCAG 2.2, 1.4.3
  const SLACK = 1; // pixels by which boxes may touch
  const findings = [];
  const find = (kind, text, more) => findings.push({ kind, text: text.trim().slice(0, 60), more: String(more) });

  const read = (colour) => {
    const numbers = /^rgba?\(([^)]+)\)$/.exec(colour)?.[1].split(/[ ,/]+/).map(Number);
    return numbers && { rgb: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
  };
  const lay = (top, below) => top.rgb.map((value, i) => value * top.alpha + below[i] * (1 - top.alpha));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // What lies under an element, or nothing where no colour covers the page's canvas or a picture lies between.
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at), layer = read(style.backgroundColor);
      if (!layer || style.backgroundImage !== "none") return null;
      layers.push(layer);
      if (layer.alpha === 1) return layers.reverse().reduce((below, one) => lay(one, below), [0, 0, 0]);
    }
    return null;
  };
  const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const checkContrast = (element, text, colour) => {
    const ink = read(colour), paper = background(element);
    if (!ink || !paper) return find("unknown colour", text, colour);
    const shown = lay({ rgb: ink.rgb, alpha: ink.alpha * opacity(element) }, paper);
    const [light, dark] = [luminance(shown), luminance(paper)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < LEAST) find("contrast", text, contrast.toFixed(2));
  };
  const checkWhole = (element, text, box) => {
    if (box.left < -SLACK || box.right > innerWidth + SLACK) find("cut off", text, "by the window");
    for (let at = element; at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at), edge = at.getBoundingClientRect();
      const x = style.overflowX !== "visible" && (box.left < edge.left - SLACK || box.right > edge.right + SLACK);
      const y = style.overflowY !== "visible" && (box.top < edge.top - SLACK || box.bottom > edge.bottom + SLACK);
      if (x || y) find("cut off", text, `by ${at.localName}`);
    }
  };

  const folded = UNFOLD ? [...document.querySelectorAll("details:not([open])")] : [];
  for (const one of folded) one.open = true;
  const boxes = [], texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, range = document.createRange();
    range.selectNodeContents(node);
    const lines = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
    const seen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!node.data.trim() || !lines.length || !seen) continue;
    texts.push(node.data);
    checkContrast(element, node.data, getComputedStyle(element).color);
    for (const box of lines) checkWhole(element, node.data, box);
    boxes.push(...lines.map((box) => ({ box, text: node.data })));
  }
  for (const input of document.querySelectorAll("input[placeholder]")) {
    if (input.checkVisibility()) checkContrast(input, input.placeholder, getComputedStyle(input, "::placeholder").color);
  }
  boxes.sort((a, b) => a.box.top - b.box.top);
  boxes.forEach((a, i) => {
    for (let k = i + 1; k < boxes.length && boxes[k].box.top < a.box.bottom - SLACK; k++) {
      const b = boxes[k];
      const shared = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      if (shared > SLACK && b.box.bottom - a.box.top > SLACK) find("overlap", a.text, b.text.trim().slice(0, 60));
    }
  });
  for (const one of folded) one.open = false;
  const measured = {
    findings, texts, width: innerWidth, height: document.documentElement.scrollHeight,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name),
  };
  const left = document.createElement("script");
  left.type = "application/json";
  left.id = "measured";
  left.textContent = JSON.stringify(measured).replaceAll("<", "\\u003c");
  document.body.append(left);
}
