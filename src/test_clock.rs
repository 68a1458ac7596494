//! A clock for unit tests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use parking_lot::Mutex;

/// A clock that the test advances. Clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// A clock that shows `start`.
    pub(crate) fn at(start: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// The present time.
    pub(crate) fn now(&self) -> SystemTime {
        *self.0.lock()
    }

    /// Moves the time forward.
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock() += by;
    }
}

impl TimeSource for TestClock {
    fn now(&self) -> SystemTime {
        self.now()
    }
}
