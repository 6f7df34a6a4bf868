// The image that is saved: enlarged for a slide, with a caption below and the legend beside it.

const LEAST_SIDE = 800; // pixels on the longer side, as in captioned.py
const MARGIN = 24, LINE = 28, SWATCH = 16;
const LEGEND = 280; // pixels
const FONT = "20px sans-serif";

// The layers of a drawing over each other on the background.
export function captioned(layers, { title, legend, theme }) {
  const factor = Math.max(1, Math.ceil(LEAST_SIDE / Math.max(layers[0].width, layers[0].height)));
  const width = layers[0].width * factor, height = layers[0].height * factor;
  const image = document.createElement("canvas"), context = image.getContext("2d");
  image.width = width + 2 * MARGIN + (legend ? LEGEND : 0);
  image.height = height + 2 * MARGIN + LINE;
  Object.assign(context, { imageSmoothingEnabled: false, fillStyle: theme.background });
  context.fillRect(0, 0, image.width, image.height);
  for (const layer of layers) context.drawImage(layer, MARGIN, MARGIN, width, height);
  Object.assign(context, { fillStyle: theme.text, font: FONT, textBaseline: "top" });
  context.fillText(title, MARGIN, MARGIN + height + 8, image.width - 2 * MARGIN);
  if (legend) drawLegend(context, legend, width + 2 * MARGIN, theme.text, Math.floor(height / LINE) - 1);
  return image;
}

function drawLegend(context, { title, bar, entries, hidden }, left, ink, rows) {
  const room = LEGEND - MARGIN;
  context.fillText(title, left, MARGIN, room);
  if (bar) drawBar(context, bar, left, ink);
  const shown = entries.filter((_, number) => !hidden.includes(number));
  const listed = shown.length > rows ? shown.slice(0, rows - 1) : shown;
  let top = MARGIN + LINE;
  for (const { name, color } of listed) {
    context.fillStyle = color;
    context.fillRect(left, top + 2, SWATCH, SWATCH);
    context.fillStyle = ink;
    context.fillText(name, left + SWATCH + 8, top, room - SWATCH - 8);
    top += LINE;
  }
  if (listed.length < shown.length) context.fillText(`and ${shown.length - listed.length} more`, left, top, room);
}

function drawBar(context, { low, high, colors }, left, ink) {
  const width = (LEGEND - MARGIN) / colors.length, top = MARGIN + LINE;
  for (const [place, color] of colors.entries()) {
    context.fillStyle = color;
    context.fillRect(left + place * width, top, width + 1, SWATCH);
  }
  context.fillStyle = ink;
  context.fillText(low, left, top + LINE - 6);
  context.textAlign = "right";
  context.fillText(high, left + LEGEND - MARGIN, top + LINE - 6);
  context.textAlign = "left";
}
