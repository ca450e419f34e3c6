-- The embedded store's first form.
--
-- Identifiers are 16-byte UUIDs, times are milliseconds since the epoch, bodies are JSON with the version they were
-- written in. Events lie in order of arrival (the rowid), so that a commit appends to one end of one tree whichever
-- conversations it touches; clustering them by conversation halves the throughput.

create table organisations (
  id blob primary key not null,
  name text not null unique
) without rowid;

create table accounts (
  id blob primary key not null,
  organisation blob not null,
  name text,
  last_name text,
  display_name text,
  email text unique,
  phone text unique,
  roles text not null,
  disabled integer not null,
  created_at integer not null,
  updated_at integer not null
) without rowid;

create table signing_keys (
  id text primary key not null,
  pkcs8 blob not null,
  created_at integer not null
) without rowid;

-- last_seq is a lower bound: recording an event alone does not rewrite this row, the log itself says how far it goes.
create table conversations (
  id blob primary key not null,
  kind text not null,
  organisation blob not null,
  key text,
  status text not null,
  priority integer not null,
  starts integer,
  ends integer,
  last_seq integer not null,
  version integer not null,
  state_version integer not null,
  state blob not null
) without rowid;
create unique index conversations_key on conversations (organisation, kind, key) where key is not null;

-- floor: nothing waits for this member up to and with this place; kept by readers of the inbox to spare themselves work.
create table members (
  conversation blob not null,
  account blob not null,
  slot integer not null,
  role text not null,
  since integer not null,
  joined integer not null,
  left_at integer,
  read integer not null,
  floor integer not null default 0,
  primary key (conversation, account)
) without rowid;
create index members_account on members (account);

-- pending: the slots of members who have yet to receive it, a bit each; null where nothing is stored and forwarded,
-- empty when all have. The row outlives its body, because its name (author, client_key) must be known again.
create table events (
  arrival integer primary key,
  conversation blob not null,
  seq integer not null,
  at integer not null,
  author blob,
  origin blob,
  audience text,
  version integer not null,
  body blob,
  client_key text,
  digest integer,
  pending blob
);
create unique index events_seq on events (conversation, seq);
-- The client's name comes first: names are mostly moments, so what is sent at about the same time in different
-- conversations lies on the same few pages, and a commit dirties those instead of one for each conversation.
create unique index events_key on events (client_key, conversation, author) where client_key is not null;

create table index_rows (
  name text not null,
  key text not null,
  conversation blob not null,
  ordering integer not null,
  value text not null,
  primary key (name, key, conversation)
) without rowid;
create index index_rows_order on index_rows (name, key, ordering);

create table timers (
  conversation blob not null,
  key text not null,
  due integer not null,
  primary key (conversation, key)
) without rowid;
create index timers_due on timers (due);
