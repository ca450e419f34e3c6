-- Records: small values under a name, for what is neither a conversation nor an account (sign-ins, one-time codes,
-- answers kept for a repeat). version is raised by every change, so that a change can insist on what it has seen.
create table records (
  space text not null,
  key text not null,
  account blob,
  version integer not null,
  expires integer,
  value blob not null,
  primary key (space, key)
) without rowid;
create index records_account on records (account) where account is not null;
create index records_expires on records (expires) where expires is not null;

-- A guest's e-mail address is contact data: it must not collide with one that somebody signs in with.
alter table accounts add column guest integer not null default 0;
alter table accounts add column contact_email text;
create index accounts_organisation on accounts (organisation, id);
