use std::io::{self, IsTerminal, Stdout, Write};

use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Text is wrapped at this many columns, or fewer where the terminal has fewer.
const WIDTH: usize = 80;

/// Blanks before a table.
const INDENT: u16 = 2;

/// A line below the header and nothing else: a preset of comfy-table, character by character.
const PLAIN: &str = "     ──            ";

/// Standard output for a person: colour and progress only where a terminal is.
pub struct Screen {
    out: Stdout,
    styled: bool,
    /// Columns of the terminal, where there is one.
    columns: Option<u16>,
    sections: usize,
}

impl Screen {
    pub fn new() -> Self {
        let out = io::stdout();
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            styled: out.is_terminal() && wanted,
            columns: Table::new().width(),
            out,
            sections: 0,
        }
    }

    pub fn title(&mut self, text: &str) -> io::Result<()> {
        let text = self.styled("1", text);
        writeln!(self.out, "{text}\n")
    }

    /// Opens the next numbered section.
    pub fn section(&mut self, text: &str) -> io::Result<()> {
        self.sections += 1;
        let text = self.styled("1;36", &format!("{}. {text}", self.sections));
        writeln!(self.out, "{text}\n")
    }

    /// A paragraph.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.wrapped(text, "   "))
    }

    /// One thing that happened.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        let text = self.wrapped(text, "     ").replacen("     ", "   - ", 1);
        write!(self.out, "{text}")
    }

    /// Ends a list of notes.
    pub fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// One thing that was checked.
    pub fn check(&mut self, holds: bool, text: &str) -> io::Result<()> {
        let mark = if holds {
            self.styled("32", "ok    ")
        } else {
            self.styled("31", "WRONG ")
        };
        writeln!(self.out, "   {mark} {text}")
    }

    /// A table; the columns named in `numbers` stand right.
    pub fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        numbers: &[usize],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> io::Result<()> {
        let mut table = Table::new();
        table
            .load_preset(PLAIN)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(header.map(|text| Cell::new(text).add_attribute(Attribute::Bold)));
        if !self.styled {
            table.force_no_tty();
        }
        if let Some(columns) = self.columns {
            table.set_width(columns.saturating_sub(INDENT));
        }
        for row in rows {
            table.add_row(row);
        }
        for (place, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, u16::from(place + 1 < N)));
            if numbers.contains(&place) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.lines() {
            writeln!(self.out, "  {}", line.trim_end())?;
        }
        writeln!(self.out)
    }

    /// A bar on standard error, hidden unless both outputs are terminals.
    pub fn progress(&self, length: u64, unit: &str) -> ProgressBar {
        let target = if self.out.is_terminal() && io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let template = format!("   {{bar:40.cyan}} {{pos}} of {{len}} {unit}, {{elapsed}}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(length), target).with_style(style)
    }

    /// Lines that fit, each behind `indent`.
    fn wrapped(&self, text: &str, indent: &str) -> String {
        let columns = self
            .columns
            .map_or(WIDTH, |columns| WIDTH.min(columns.into()));
        let mut lines = vec![];
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && indent.len() + line.len() + 1 + word.len() > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
        lines
            .iter()
            .map(|line| format!("{indent}{line}\n"))
            .collect()
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.styled {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Millionths of a dollar as dollars, exact.
pub fn dollars(millionths: u128) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// Millionths of a dollar as a price: no more digits than it has, but cents at least.
pub fn price(millionths: u128) -> String {
    let text = dollars(millionths);
    let cents = text.len() - 4;
    let (cents, rest) = text.split_at(cents);
    format!("{cents}{}", rest.trim_end_matches('0'))
}

/// 12345 as 12 345.
pub fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
