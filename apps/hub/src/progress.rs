use std::io::IsTerminal;
use std::sync::Mutex;

use hub_walrus_client::{Progress, Work};
use hub_walrus_encode::Fraction;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal, nothing in a pipe; remarks in both, on the standard error.
pub struct Bars {
    terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            bar: Mutex::new(None),
        }
    }
}

impl Progress for Bars {
    fn begin(&self, work: Work, Fraction { done, total }: Fraction) {
        if !self.terminal {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let template = "{msg:10} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(match work {
            Work::Encode => "computing",
            Work::Fetch => "fetching",
            Work::Send => "sending",
            Work::Resume => "checking",
            _ => "working",
        });
        bar.set_position(done);
        if let Ok(mut current) = self.bar.lock() {
            *current = Some(bar);
        }
    }

    fn advance(&self, bytes: u64) {
        if let Ok(bar) = self.bar.lock() {
            if let Some(bar) = bar.as_ref() {
                bar.inc(bytes);
            }
        }
    }

    fn end(&self) {
        if let Ok(mut bar) = self.bar.lock() {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        }
    }

    fn note(&self, sentence: &str) {
        let line = format!("note: {sentence}");
        match self.bar.lock() {
            Ok(bar) if bar.is_some() => {
                if let Some(bar) = bar.as_ref() {
                    bar.println(line);
                }
            }
            _ => eprintln!("{line}"),
        }
    }

    fn cancelled(&self) -> bool {
        crate::interrupt::asked()
    }
}
