//! Buffered log lines for standard error.
//!
//! A system call for each request's line would be a large part of the cost of the request. So lines
//! are collected for a moment and written together. A warning or an error is written at once, with
//! all lines before it. A process that is killed loses the lines of its last moment.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The longest time that a line waits for others.
const MAX_DELAY: Duration = Duration::from_millis(50);

/// The buffer is written at once when it has this many bytes.
const FLUSH_SIZE: usize = 32 * 1024;

/// Collects lines for `T`.
pub(crate) struct Lines<T: 'static> {
    gathered: Arc<Mutex<Gathered<T>>>,
    writer: JoinHandle<()>,
    /// Whether only warnings and errors are written.
    is_warnings_only: Arc<AtomicBool>,
}

/// Writes the remaining lines when it is dropped, at the end of the process.
#[must_use]
pub(crate) struct FlushGuard<T: Write> {
    gathered: Arc<Mutex<Gathered<T>>>,
    is_warnings_only: Arc<AtomicBool>,
}

struct Gathered<T> {
    bytes: Vec<u8>,
    to: T,
}

impl<T: Write + Send + 'static> Lines<T> {
    /// A line collector for `to`, and the guard that writes the last lines.
    pub(crate) fn to(to: T) -> std::io::Result<(Lines<T>, FlushGuard<T>)> {
        let gathered = Arc::new(Mutex::new(Gathered { bytes: Vec::new(), to }));
        let writing = Arc::clone(&gathered);
        let writer = thread::Builder::new().name("log".into()).spawn(move || {
            loop {
                thread::park();
                thread::sleep(MAX_DELAY);
                lock(&writing).write_out();
            }
        })?;
        let is_warnings_only = Arc::new(AtomicBool::new(false));
        let last = FlushGuard {
            gathered: Arc::clone(&gathered),
            is_warnings_only: Arc::clone(&is_warnings_only),
        };
        Ok((Lines { gathered, writer, is_warnings_only }, last))
    }
}

impl<T: Write> Gathered<T> {
    fn write_out(&mut self) {
        // If the log cannot be written, there is no other place to report that.
        let _ = self.to.write_all(&self.bytes).and_then(|()| self.to.flush());
        self.bytes.clear();
    }
}

impl<T: Write> FlushGuard<T> {
    /// Switches between warnings and errors only, and all lines.
    pub(crate) fn warnings_only(&self, is_warnings_only: bool) {
        self.is_warnings_only.store(is_warnings_only, Ordering::Relaxed);
    }

    /// Writes the collected lines, so that other output follows them.
    pub(crate) fn write_out(&self) {
        lock(&self.gathered).write_out();
    }
}

impl<T: Write> Drop for FlushGuard<T> {
    fn drop(&mut self) {
        lock(&self.gathered).write_out();
    }
}

fn lock<T>(gathered: &Mutex<Gathered<T>>) -> MutexGuard<'_, Gathered<T>> {
    gathered.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'l, T: Write + Send + 'static> MakeWriter<'l> for Lines<T> {
    type Writer = Line<'l, T>;

    fn make_writer(&'l self) -> Line<'l, T> {
        let gathered = lock(&self.gathered);
        Line { gathered, writer: &self.writer, at_once: true, is_left_out: false }
    }

    fn make_writer_for(&'l self, about: &Metadata<'_>) -> Line<'l, T> {
        let at_once = *about.level() <= Level::WARN;
        let is_left_out = !at_once && self.is_warnings_only.load(Ordering::Relaxed);
        Line { at_once, is_left_out, ..self.make_writer() }
    }
}

/// One log line.
pub(crate) struct Line<'l, T: Write> {
    gathered: MutexGuard<'l, Gathered<T>>,
    writer: &'l JoinHandle<()>,
    at_once: bool,
    is_left_out: bool,
}

impl<T: Write> Write for Line<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.is_left_out {
            return Ok(bytes.len());
        }
        let was_empty = self.gathered.bytes.is_empty();
        self.gathered.bytes.extend_from_slice(bytes);
        let enough = self.gathered.bytes.len() >= FLUSH_SIZE;
        // If the thread has stopped, each line is written directly.
        if self.at_once || enough || self.writer.is_finished() {
            self.gathered.write_out();
        } else if was_empty {
            self.writer.thread().unpark();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Sends what is written to a test, one message for each write.
    struct ChannelWriter(Sender<String>);

    impl Write for ChannelWriter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logging(log: impl FnOnce()) -> Receiver<String> {
        with_warnings_only(|_| log())
    }

    fn with_warnings_only(log: impl FnOnce(&FlushGuard<ChannelWriter>)) -> Receiver<String> {
        let (sender, written) = channel();
        let (lines, last) = Lines::to(ChannelWriter(sender)).unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(lines).without_time().finish();
        tracing::subscriber::with_default(subscriber, || log(&last));
        drop(last);
        written
    }

    #[test]
    fn a_warnings_only_log_still_warns() {
        let written = with_warnings_only(|last| {
            last.warnings_only(true);
            tracing::info!("one");
            tracing::warn!("two");
            tracing::error!("three");
            last.warnings_only(false);
            tracing::info!("four");
        });
        let written: String = written.try_iter().collect();
        let lines: Vec<_> = written.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(lines, ["two", "three", "four"]);
    }

    #[test]
    fn request_lines_are_collected_and_a_warning_flushes_them() {
        let written = logging(|| {
            tracing::info!("one");
            tracing::info!("two");
            tracing::warn!("three");
            tracing::info!("four");
        });
        let first = written.recv().unwrap();
        assert!(first.contains("one") && first.contains("two") && first.contains("three"));
        assert!(written.recv().unwrap().contains("four"), "the last line is written at the end");
    }

    #[test]
    fn a_line_is_written_after_a_short_delay() {
        let (sender, written) = channel();
        let (lines, _last) = Lines::to(ChannelWriter(sender)).unwrap();
        let mut line = Line { at_once: false, ..lines.make_writer() };
        line.write_all(b"alone").unwrap();
        drop(line);
        assert_eq!(written.recv_timeout(Duration::from_secs(60)).unwrap(), "alone");
    }

    /// A writer that panics at its first line.
    struct Fragile(Sender<String>, bool);

    impl Write for Fragile {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(std::mem::replace(&mut self.1, true), "as the test has asked");
            ChannelWriter(self.0.clone()).write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn without_the_thread_lines_are_written_directly() {
        let (sender, written) = channel();
        let (lines, _last) = Lines::to(Fragile(sender, false)).unwrap();
        let write = |text: &str| {
            let mut line = Line { at_once: false, ..lines.make_writer() };
            line.write_all(text.as_bytes()).unwrap();
        };
        write("one, ");
        while !lines.writer.is_finished() {
            thread::yield_now();
        }
        write("two");
        assert_eq!(written.try_recv().unwrap(), "one, two");
    }

    #[test]
    fn many_lines_do_not_wait() {
        let written = logging(|| {
            (0..1000).for_each(|number| tracing::info!(number, "a line of some length or other"));
        });
        assert!(written.iter().take(2).all(|text| text.len() < FLUSH_SIZE + 200));
    }
}
