//! The report as one page that needs nothing else: no network, no script.

use std::fmt::Write;

use anyhow::Result;

use super::plots;
use super::tables::{self, Table};
use super::text::count;
use super::words;
use crate::outcome::Outcome;

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
p, li { max-width: 52rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(480px, 1fr)); gap: 1rem; }
.plots svg { width: 100%; height: auto; border: 1px solid #ddd; border-radius: 4px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid #e2e2e2; text-align: right; white-space: nowrap; vertical-align: bottom; }
th { white-space: normal; border-bottom: 2px solid #999; } th:first-child, td:first-child { text-align: left; }
.key { color: #555; }
";

pub fn page(outcome: &Outcome) -> Result<String> {
    let scenario = &outcome.scenario;
    let mut page = String::new();
    let title = format!("A simulated market: {}", scenario.name);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p>{1}.</p>\n",
        escaped(&title),
        escaped(&scenario.about)
    );
    for text in words::opening(outcome) {
        paragraph(&mut page, &text);
    }
    page.push_str("<h2>What the chain says</h2>\n<div class=\"plots\">\n");
    for svg in plots::svgs(outcome)? {
        page.push_str(svg.trim_end());
        page.push('\n');
    }
    page.push_str("</div>\n");
    for section in words::sections(outcome) {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(section.title));
        for text in &section.before {
            paragraph(&mut page, text);
        }
        write_table(&mut page, &section.table, section.numbered);
    }
    page.push_str("<h2>How it was made</h2>\n<ul>\n");
    for text in words::method(outcome) {
        let _ = writeln!(page, "<li>{}</li>", marked(&text));
    }
    page.push_str("</ul>\n<h2>All sums</h2>\n");
    write_table(&mut page, &tables::sums(outcome), false);
    let chain = &outcome.chain;
    let _ = write!(
        page,
        "<p class=\"key\">{} transactions, {} sessions, {} callers, seed {}.</p>\n</body>\n</html>\n",
        count(chain.transactions as f64),
        count(chain.sessions as f64),
        count(chain.callers as f64),
        scenario.seed
    );
    Ok(page)
}

fn paragraph(page: &mut String, text: &str) {
    let _ = writeln!(page, "<p>{}</p>", marked(text));
}

fn write_table(page: &mut String, table: &Table, numbered: bool) {
    page.push_str("<div class=\"wide\"><table>\n<tr>");
    for text in &table.header {
        let _ = write!(page, "<th>{}</th>", escaped(text));
    }
    page.push_str("</tr>\n");
    for (number, row) in (1..).zip(&table.rows) {
        page.push_str("<tr>");
        for (place, text) in row.iter().enumerate() {
            let number = if numbered && place == 0 {
                format!("{number}. ")
            } else {
                String::new()
            };
            let _ = write!(page, "<td>{number}{}</td>", escaped(text));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text in which `code` and **strong** are marked as in Markdown.
fn marked(text: &str) -> String {
    let mut html = String::new();
    for (place, part) in escaped(text).split("**").enumerate() {
        let (open, close) = if place % 2 == 1 {
            ("<b>", "</b>")
        } else {
            ("", "")
        };
        let _ = write!(html, "{open}");
        for (place, part) in part.split('`').enumerate() {
            if place % 2 == 1 {
                let _ = write!(html, "<code>{part}</code>");
            } else {
                html.push_str(part);
            }
        }
        html.push_str(close);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_scenario_cannot_become_markup() {
        assert_eq!(
            marked("a < b & `c` **d**"),
            "a &lt; b &amp; <code>c</code> <b>d</b>"
        );
    }
}
