//! The folder in which `hub` keeps what is its user's own: profiles of chains, keys, and transactions of which it is not known yet what became of them.

use std::path::PathBuf;

use crate::failure::{Failure, USAGE};

/// `HUB_HOME`, else `$XDG_CONFIG_HOME/hub`, else `~/.config/hub`.
pub fn folder() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = set("HUB_HOME") {
        return Ok(folder.into());
    }
    if let Some(folder) = set("XDG_CONFIG_HOME") {
        return Ok(PathBuf::from(folder).join("hub"));
    }
    match set("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".config/hub")),
        None => Err(Failure::new(
            USAGE,
            "it is not known where to keep keys and chains: neither HUB_HOME nor HOME is set",
            "set it: export HUB_HOME=~/.config/hub",
        )),
    }
}
