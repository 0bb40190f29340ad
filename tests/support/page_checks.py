"""What is wrong with how a page looks, found by scripts in it."""

# WCAG's contrast of every text on a page with what is behind it.
# https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
CONTRASTS = """
() => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const drawing = canvas.getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    drawing.clearRect(0, 0, 1, 1);
    drawing.fillStyle = colour;
    drawing.fillRect(0, 0, 1, 1);
    return [...drawing.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("white");
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility({checkOpacity: true})) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(ground(element))].sort();
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push([element.className, element.textContent.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return low;
}
"""

# The texts of a drawing that lie on others.
OVERLAPS = """
() => [...document.querySelectorAll(".plot > svg")].flatMap((drawing) => {
  const texts = [...drawing.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  return texts.flatMap(([a, one], place) => texts.slice(place + 1)
    .filter(([, other]) => one.left < other.right && other.left < one.right)
    .filter(([, other]) => one.top + 2 < other.bottom - 2 && other.top + 2 < one.bottom - 2)
    .map(([b]) => [a, b]));
})
"""

TOO_WIDE = """
() => document.documentElement.scrollWidth > innerWidth
"""
