//! Where the nodes of an installation meet: a name that is made once, kept in the store, and that nobody else can guess.
//! It outlives a renewal of secrets, for nodes that run and nodes that start must find one another.

use std::fmt::Write as _;

use crate::handle::Core;
use crate::store::{Changes, Record, RecordChange, RecordName, StoreError, Was};
use crate::token::fill_random;

impl Core {
    /// The name of the channel.
    pub(super) async fn bus_channel(&self) -> Result<String, StoreError> {
        for _ in 0..2 {
            if let Some(kept) = self.record(&name()).await? {
                return String::from_utf8(kept.record.value).map_err(|_| {
                    StoreError::Unavailable("the name of the bus's channel does not read".into())
                });
            }
            match self.commit(Changes { records: vec![made()], ..Changes::default() }).await {
                // Another node was first: its name is everybody's.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable("what was just written is not there".into()))
    }
}

fn name() -> RecordName {
    RecordName::new("secret", "bus channel")
}

fn made() -> RecordChange {
    let mut random = [0; 16];
    fill_random(&mut random);
    let word = random.iter().fold(String::new(), |mut word, byte| {
        // Writing to a text can't fail.
        let _ = write!(word, "{byte:02x}");
        word
    });
    RecordChange::Put(
        Record { name: name(), account: None, expires: None, value: word.into_bytes() },
        Was::Absent,
    )
}
