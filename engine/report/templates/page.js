"use strict";
// Charts, sorting, selecting, and nothing else: all figures can be read without this script.
(() => {
  const plots = new Map();
  for (const node of document.querySelectorAll("script[data-plot]")) {
    plots.set(node.dataset.plot, node);
  }
  const shared = JSON.parse(document.getElementById("shared").textContent);
  const settings = { displayModeBar: false, displaylogo: false, responsive: true };
  const drawn = new Set();
  const textColour = /var\(--([a-z0-9-]+)\)/;

  // A figure names colours as variables of the style sheet, and long axes by the name they share.
  function resolved(value, style) {
    if (typeof value === "string") {
      const found = textColour.exec(value);
      return found ? style.getPropertyValue("--" + found[1]).trim() : value;
    }
    if (Array.isArray(value)) {
      // of objects or colours, or a stop of a colour scale; not numbers and dates, which are many
      const nested = typeof value[0] === "object" || value.length === 2 || textColour.test(value[0]);
      return nested ? value.map((v) => resolved(v, style)) : value;
    }
    if (value && typeof value === "object") {
      if (value.shared !== undefined) return shared[value.shared];
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolved(v, style)]));
    }
    return value;
  }

  // Where there is little room, legends and titles of axes give way to the curves.
  function fitted(layout, width) {
    if (width < 560) {
      layout.margin = { ...layout.margin, l: 44, r: 6 };
      layout.font = { ...layout.font, size: 11 };
    }
    return layout;
  }

  // Paper is narrow and white, whatever the screen is.
  const onPaper = (is) => document.documentElement.classList.toggle("printing", is);
  const paperWidth = 680;

  function draw(chart) {
    const style = getComputedStyle(document.documentElement);
    const plot = resolved(JSON.parse(plots.get(chart.dataset.key).textContent), style);
    if (!drawn.has(chart)) chart.replaceChildren();
    drawn.add(chart);
    const printing = document.documentElement.classList.contains("printing");
    const width = printing ? paperWidth : chart.clientWidth;
    const layout = { ...fitted(plot.layout, width), autosize: !printing };
    if (printing) layout.width = paperWidth;
    return Plotly.react(chart, plot.data, layout, settings);
  }

  const isShown = (chart) => chart.offsetParent !== null;

  async function loadPlotly() {
    const packed = atob(document.getElementById("plotly").textContent);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  async function drawAll() {
    const charts = [...document.querySelectorAll(".chart")];
    if (charts.length) await loadPlotly();
    for (const chart of charts.filter(isShown)) {
      await draw(chart);
      await new Promise((resume) => setTimeout(resume)); // the page stays responsive meanwhile
    }
    const redraw = () => [...drawn].filter(isShown).forEach(draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    addEventListener("beforeprint", () => { onPaper(true); redraw(); });
    addEventListener("afterprint", () => { onPaper(false); redraw(); });
    document.documentElement.dataset.ready = "true";
  }

  function sortBy(table, column, heading) {
    const descending = heading.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = (row) => {
      const cell = row.cells[column];
      const text = cell.dataset.value ?? cell.textContent.trim();
      const number = Number(text.replaceAll(",", ""));
      return text === "" || text === "–" ? null : Number.isNaN(number) ? text : number;
    };
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // undefined stays last
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
      return descending ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
  }

  // One option of a selection is seen at a time; its charts are drawn when it is.
  function choose(selection, chosen) {
    selection.querySelectorAll(":scope > .option").forEach((option, i) => {
      option.hidden = i !== chosen;
    });
    if (window.Plotly) [...selection.querySelectorAll(".chart")].filter(isShown).forEach(draw);
  }

  for (const selection of document.querySelectorAll(".selection")) {
    const choice = selection.querySelector("select");
    selection.querySelector(".choice").hidden = false;
    choice.selectedIndex = 0; // a browser that goes back would keep another
    choice.addEventListener("change", () => choose(selection, choice.selectedIndex));
    choose(selection, 0);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sortBy(table, column, heading));
      heading.append(button);
    });
  }
  drawAll();
})();
