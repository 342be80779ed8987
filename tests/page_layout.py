"""What is wrong with the charts of a page, as a script to be run in it: nothing gives ``[]``."""

CUT_OFF = """() => [...document.querySelectorAll('.chart')].flatMap((chart) => {
  const box = chart.getBoundingClientRect();
  const texts = [...chart.querySelectorAll('text')].filter((text) => text.textContent.trim());
  return texts.map((text) => {
    const b = text.getBoundingClientRect();
    const inside = b.left >= box.left - 1 && b.right <= box.right + 1
      && b.top >= box.top - 1 && b.bottom <= box.bottom + 1;
    return inside || b.width === 0 ? null : chart.id + ': ' + text.textContent;
  }).filter(Boolean);
})"""
OVERLAPS = """() => [...document.querySelectorAll('.chart')].flatMap((chart) =>
  ['.xtick text', '.ytick text', '.legendtext'].flatMap((kind) => {
    const texts = [...chart.querySelectorAll(kind)];
    const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
    const found = [];
    boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
      const apart = a.right <= b.left + 1 || b.right <= a.left + 1
        || a.bottom <= b.top + 2 || b.bottom <= a.top + 2;
      if (!apart && a.width && b.width) found.push(`${chart.id}: ${one} | ${other}`);
    }));
    return found;
  }))"""
FALSE_COLOURS = """() => [...document.querySelectorAll('.chart')].flatMap((chart) =>
  JSON.stringify([chart.data ?? [], chart.layout ?? {}]).includes('var(--') ? [chart.id] : [])"""
"""Charts that name a colour the page did not resolve."""
