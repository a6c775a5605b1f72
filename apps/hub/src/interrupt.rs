use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Exit code of a command that was stopped.
pub const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);
static WAITED_FOR: AtomicBool = AtomicBool::new(false);

/// Stops commands when somebody presses Ctrl-C. Whatever moment that is, what was checked is kept: the next run goes on from there.
pub fn listen() {
    // Without it Ctrl-C ends the process at once, which loses nothing either.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_CODE.into());
        }
        if WAITED_FOR.load(Ordering::Relaxed) {
            return;
        }
        // Most commands notice within a moment; one that waits for a server does not.
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(1));
            eprintln!("\nstopped: run the same command again, it goes on where it stopped");
            std::process::exit(EXIT_CODE.into());
        });
    });
}

/// From now on the command takes its time to stop: a second Ctrl-C ends it at once.
pub fn wait() {
    WAITED_FOR.store(true, Ordering::Relaxed);
}

/// Whether Ctrl-C was pressed.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
