//! Where fetched bytes go: a file that is complete or not there, or the standard output.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use hub_walrus_client::Error;

use crate::failure::{Failure, USAGE};

/// Writes bytes to a path, or to the standard output for `-`.
pub fn save(mut bytes: impl Read, path: &Path, force: bool) -> Result<(), Failure> {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        return match io::copy(&mut bytes, &mut out).and_then(|_| out.flush()) {
            Ok(()) => Ok(()),
            // Whoever reads has had enough.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(e) => Err(Error::io("written", Path::new("the standard output"), e).into()),
        };
    }
    let failed = |e| Failure::from(Error::io("written", path, e));
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(meta) if !meta.is_file() => {
            // A device or a pipe is written to, not replaced.
            let mut file = File::options().write(true).open(path).map_err(failed)?;
            return io::copy(&mut bytes, &mut file).map(|_| ()).map_err(failed);
        }
        Ok(_) if !force => return Err(exists(path)),
        _ => {}
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".hub-")
        .tempfile_in(folder)
        .map_err(failed)?;
    io::copy(&mut bytes, file.as_file_mut()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    as_others(file.as_file()).map_err(failed)?;
    let done = if force {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    match done {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(e) => Err(failed(e.error)),
    }
}

/// Refuses early what [`save`] would refuse after everything was fetched.
pub fn check(path: &Path, force: bool) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            Err(Error::io("written", path, io::ErrorKind::IsADirectory.into()).into())
        }
        Ok(meta) if meta.is_file() && !force => Err(exists(path)),
        _ => Ok(()),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::new(
        USAGE,
        format!("{} is there already", path.display()),
        "name another file with --output FILE, or replace it with --overwrite",
    )
}

/// Temporary files are for their owner alone; what comes out is like any other file.
#[cfg(unix)]
fn as_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn as_others(_file: &File) -> io::Result<()> {
    Ok(())
}
