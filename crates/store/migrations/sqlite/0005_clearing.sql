-- Slots whose holder has left, and that pending sets up to a place may still hold: taken out of them a part at a time,
-- those up to and with reached already. Whoever reads a pending set leaves them out.
create table clearings (
  conversation blob not null,
  slot integer not null,
  upto integer not null,
  reached integer not null,
  primary key (conversation, slot, upto)
) without rowid;
