-- Who shares this store, and whose lines are open where. Times here are the server's own, for leases are.

create table nodes (
  id uuid primary key,
  renewed_at timestamptz not null,
  lease_until timestamptz not null
);

-- Since when there has been some live node, without a break: one row.
create table nodes_ready (
  one boolean primary key default true check (one),
  since timestamptz not null
);

-- All that a person has open of one kind at one node. Once his last has ended, anywhere, its row stays until what is to
-- be done about it is done: gone_at says since when it is gone, parting how it ended (0: left, 1: lost), and mark tells
-- this end from a later one.
create table lines (
  account uuid not null references accounts on delete cascade,
  kind text collate "C" not null,
  node uuid not null,
  gone_at timestamptz,
  parting smallint,
  mark bigint,
  primary key (account, kind, node)
);
create index lines_node on lines (node, mark);
create sequence lines_mark;
