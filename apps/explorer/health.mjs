/** Reads docs/HEALTH.md, so that the page says of each number what the document says. */

/** Sections with their text and their tables of numbers. */
export function healthOf(markdown) {
  const sections = [];
  for (const block of markdown.split(/\n(?=#{1,4} )/)) {
    const [heading = "", ...lines] = block.split("\n");
    const section = { title: plain(heading.replace(/^#+ /, "")), text: [], numbers: [] };
    let columns;
    for (const part of lines.join("\n").split(/\n\n+/)) {
      if (!part.trim().startsWith("|")) {
        section.text.push(...paragraphs(part));
        continue;
      }
      const rows = part
        .trim()
        .split("\n")
        .map((row) =>
          row
            .slice(1, -1)
            .split("|")
            .map((cell) => cell.trim()),
        );
      columns = rows[0];
      for (const cells of rows.slice(2)) {
        const cell = (name) => cells[columns.indexOf(name)];
        const first = cells[0] ?? "";
        const names = [...first.matchAll(/`(\w+)`/g)].map(([, name]) => name);
        section.numbers.push({
          label: plain(first),
          names,
          definition: plain(cell("definition") || cell("meaning") || cells[1] || ""),
          ...(cell("cannot tell") && { cannotTell: plain(cell("cannot tell")) }),
          ...(cell("to fake it") && { toFake: plain(cell("to fake it")) }),
        });
      }
    }
    sections.push(section);
  }
  return sections;
}

function paragraphs(text) {
  return text
    .trim()
    .split(/\n(?=\d+\. |- |\*\*)/)
    .map((one) => plain(one.replace(/\n/g, " ").trim()))
    .filter((one) => one !== "");
}

/** Text without the marks of Markdown. */
function plain(text) {
  return text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .trim();
}
