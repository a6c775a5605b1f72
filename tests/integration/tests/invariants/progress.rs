//! How far a long run is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const BAR: &str =
    "{elapsed_precise} {wide_bar} {human_pos}/{human_len} messages, {per_sec}, {eta} to go";
/// Between two lines.
const PAUSE: Duration = Duration::from_secs(20);

/// Shows how many messages were sent of how many.
pub struct Progress(Shown);

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines {
        total: u64,
        started: Instant,
        sent: Mutex<Sent>,
    },
}

struct Sent {
    messages: u64,
    next_line: Instant,
}

impl Progress {
    /// Shows nothing unless `wanted`.
    pub fn new(wanted: bool, total: u64) -> Self {
        let started = Instant::now();
        Self(if !wanted {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(BAR).expect("the template is good");
            Shown::Bar(ProgressBar::new(total).with_style(style))
        } else {
            Shown::Lines {
                total,
                started,
                sent: Mutex::new(Sent {
                    messages: 0,
                    next_line: started + PAUSE,
                }),
            }
        })
    }

    pub fn add(&self, messages: u64) {
        match &self.0 {
            Shown::Nothing => (),
            Shown::Bar(bar) => bar.inc(messages),
            Shown::Lines {
                total,
                started,
                sent,
            } => {
                let mut sent = sent.lock().expect("no thread panics");
                sent.messages += messages;
                let now = Instant::now();
                if now >= sent.next_line || sent.messages >= *total {
                    sent.next_line = now + PAUSE;
                    let seconds = started.elapsed().as_secs();
                    let rate = sent.messages / seconds.max(1);
                    // Past what the test harness keeps back. Whoever closed the pipe reads no progress.
                    let _ = writeln!(
                        io::stderr(),
                        "{} of {total} messages in {seconds} s, {rate} a second",
                        sent.messages
                    );
                }
            }
        }
    }

    pub fn end(&self) {
        if let Shown::Bar(bar) = &self.0 {
            bar.finish();
        }
    }
}
