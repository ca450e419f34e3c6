-- When a conversation goes, so do its index rows and what is kept in notices: without these, each would cost a look at
-- all there are.
create index index_rows_conversation on index_rows (conversation);
create index notices_conversation on notices (conversation);
