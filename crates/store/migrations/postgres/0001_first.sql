-- The shared store's first form: what the embedded one has come to, and what several nodes need besides.
--
-- Identifiers are uuids, times are milliseconds since the epoch, bodies are JSON with the version they were written in,
-- kept as the bytes they are. Text that is compared or ordered is so by its bytes.

create table organisations (
  id uuid primary key,
  name text collate "C" not null constraint organisations_name unique
);

-- A guest's e-mail address is contact data: it must not collide with one that somebody signs in with.
create table accounts (
  id uuid primary key,
  organisation uuid not null,
  name text,
  last_name text,
  display_name text,
  email text collate "C" constraint accounts_email unique,
  contact_email text,
  phone text collate "C" constraint accounts_phone unique,
  roles text not null,
  guest boolean not null,
  disabled boolean not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index accounts_organisation on accounts (organisation, id);

create table signing_keys (
  id text collate "C" primary key,
  pkcs8 bytea not null,
  created_at bigint not null
);

-- stamp: raised by every commit that changes something that a node may have at hand of this conversation; members_stamp:
-- what it was raised to when the members last changed. Every commit writes this row, so half of each page is left free: the new version then lies beside the old one, and no index grows.
create table conversations (
  id uuid primary key,
  kind text collate "C" not null,
  organisation uuid not null,
  key text collate "C",
  status text not null,
  priority bigint not null,
  starts bigint,
  ends bigint,
  last_seq bigint not null,
  version bigint not null,
  stamp bigint not null default 1,
  members_stamp bigint not null default 1,
  state_version integer not null,
  state bytea not null
) with (fillfactor = 50);
create unique index conversations_key on conversations (organisation, kind, key) where key is not null;

-- floor: nothing waits for this member up to and with this place; kept by readers of the inbox to spare themselves work.
create table members (
  conversation uuid not null,
  account uuid not null,
  slot smallint not null,
  role text not null,
  since bigint not null,
  joined bigint not null,
  left_at bigint,
  read bigint not null,
  floor bigint not null default 0,
  primary key (conversation, account)
) with (fillfactor = 80);
create index members_account on members (account);

-- pending: the slots of members who have yet to receive it, a bit each; null where nothing is stored and forwarded,
-- empty when all have. The row outlives its body, because its name (author, client_key) must be known again. Most rows
-- are written once more, by the receipt, hence the free room.
create table events (
  arrival bigserial primary key,
  conversation uuid not null,
  seq bigint not null,
  at bigint not null,
  author uuid,
  origin uuid,
  audience text,
  version integer not null,
  body bytea,
  client_key text collate "C",
  digest bigint,
  pending bytea
) with (fillfactor = 60);
create unique index events_seq on events (conversation, seq);
create unique index events_key on events (client_key, conversation, author) where client_key is not null;

-- Slots whose holder has left, and that pending sets up to a place may still hold: taken out of them a part at a time,
-- those up to and with reached already. Whoever reads a pending set leaves them out.
create table clearings (
  conversation uuid not null,
  slot smallint not null,
  upto bigint not null,
  reached bigint not null,
  primary key (conversation, slot, upto)
);

create table index_rows (
  name text collate "C" not null,
  key text collate "C" not null,
  conversation uuid not null,
  ordering bigint not null,
  value text not null,
  primary key (name, key, conversation)
);
create index index_rows_order on index_rows (name, key, ordering, conversation);
create index index_rows_conversation on index_rows (conversation);

create table timers (
  conversation uuid not null,
  key text collate "C" not null,
  due bigint not null,
  primary key (conversation, key)
);
create index timers_due on timers (due, conversation, key);

-- place: in the order in which they came, over all people, so that nobody waits for anybody to take the next.
create table notices (
  place bigserial not null,
  account uuid not null,
  id uuid not null,
  conversation uuid not null,
  at bigint not null,
  version integer not null,
  body bytea not null,
  primary key (account, place)
);
create unique index notices_id on notices (id);
create index notices_conversation on notices (conversation);

-- Small values under a name, for what is neither a conversation nor an account. version is raised by every change, so
-- that a change can insist on what it has seen.
create table records (
  space text collate "C" not null,
  key text collate "C" not null,
  account uuid,
  version bigint not null,
  expires bigint,
  value bytea not null,
  primary key (space, key)
) with (fillfactor = 80);
create index records_account on records (account, space, key) where account is not null;
create index records_expires on records (expires) where expires is not null;

-- Commits that are on stable storage, so that whoever has lost the answer to one can ask. Swept after a while.
create table batches (
  id uuid primary key,
  at timestamptz not null default clock_timestamp()
);
create index batches_at on batches (at);
