-- What is kept for one person until it has been handed over. Each person's lie together and in order; place counts on
-- from the highest one left, so that how many are kept is known from two places.

create table notices (
  account blob not null,
  place integer not null,
  id blob not null,
  conversation blob not null,
  at integer not null,
  version integer not null,
  body blob not null,
  primary key (account, place)
) without rowid;
create unique index notices_id on notices (id);
