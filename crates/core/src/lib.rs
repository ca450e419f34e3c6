//! The heart of Hearken, without HTTP and SQL: people in conversations, whose events form one ordered, durable log;
//! timers that act when nobody is there; and the one path by which anything is ever written.
//!
//! A door asks through [`Core`]: `update` runs a rule and answers once its effect is on stable storage; `subscribe`
//! follows what was committed; `read` and `inbox` look back. What it stores it describes by a [`Kind`]. What the
//! core stands on it names as ports: [`store::Store`], the three clocks of [`clock`], [`ids::Ids`]; and those to the
//! outside world: [`sms::SmsSender`], [`issuer::Issuers`], [`attachments::Attachments`].
//!
//! What is deliberately absent: any word of a dialect, any wire format, any product's rules, and any ambient
//! notion of who is asking or what time it is.

pub mod access;
pub mod account;
pub mod actor;
mod aftermath;
pub mod attachments;
mod body;
pub mod bus;
pub mod clock;
mod commit;
mod conversation;
mod directory;
mod erase;
pub mod event;
mod export;
mod gate;
mod gone;
mod handle;
mod hub;
pub mod ids;
mod inbox;
pub mod issuer;
mod link;
pub mod memory;
pub mod network;
mod notice;
mod people;
mod records;
pub mod sign_in;
pub mod sms;
mod start;
pub mod store;
mod timer;
pub mod token;
mod visibility;
pub mod words;

pub use aftermath::to_its_end;
pub use body::{Body, BodyError, Stored};
pub use commit::{CommitSettings, CommitStats, Drafts, Reply, UpdateError};
pub use conversation::{
    Conversation, Draft, Header, Held, Identity, Kind, MAX_WAITING_MEMBERS, Member, MemberRole, NewEvent,
    Receipt, Registry, Remains, SlotSet, Target, TimerChange,
};
pub use erase::{Erased, Erasing};
pub use handle::{At, AtMany, Core, ReadError};
pub use hub::{Delivery, Ended, Follow, Subscription};
pub use inbox::Inbox;
pub use link::{Beat, BusState, BusStats};
pub use notice::{Handing, KeptNotice, MOST_NOTICES, Notice};
pub use people::{AccountPatch, NewAccount, PeopleError, Prepared};
pub use start::{CoreSettings, Ports, Running, StartError};
pub use visibility::{Viewer, hears_signal, sees_event};
