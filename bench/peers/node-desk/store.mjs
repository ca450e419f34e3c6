// Chats and messages in PostgreSQL: a pool, prepared statements, one statement and so one commit for each message.

import pg from 'pg';

const SCHEMA = `
  create table if not exists chats (
    id text primary key,
    visitor_id text not null,
    staff_id text,
    status text not null,
    created_at bigint not null,
    updated_at bigint not null
  );
  create index if not exists open_chats on chats (visitor_id) where status <> 'closed';
  create table if not exists messages (
    chat_id text not null,
    sequence_num integer not null,
    id uuid not null,
    sender text,
    content json not null,
    type_id smallint not null,
    created_at bigint not null,
    updated_at bigint,
    primary key (chat_id, sequence_num)
  );
`;

/** Opens the store and makes its tables where there are none. */
export async function openStore(url) {
  const pool = new pg.Pool({ connectionString: url });
  await pool.query(SCHEMA);
  return {
    /** The chats that are not closed, with the number of the last message of each. */
    openChats: async () => {
      const { rows } = await pool.query({
        name: 'open_chats',
        text: `select c.*, coalesce((select max(sequence_num) from messages m where m.chat_id = c.id), 0) as last
               from chats c where status <> 'closed'`,
      });
      return rows;
    },

    /** A new chat and its first message, or neither. */
    openChat: (chat, message) =>
      pool.query({
        name: 'open_chat',
        text: `with chat as (insert into chats values ($1, $2, null, 'unclaimed', $3, $3) returning id)
               insert into messages select id, 1, $4, null, $5, 1, $6, null from chat`,
        values: [chat.id, chat.visitor.id, chat.createdAt, message.id, message.content, message.createdAt],
      }),

    /** One message of an open chat. */
    addMessage: (message) =>
      pool.query({
        name: 'add_message',
        text: 'insert into messages values ($1, $2, $3, $4, $5, $6, $7, null)',
        values: [
          message.chat,
          message.sequence,
          message.id,
          message.sender,
          message.content,
          message.type,
          message.createdAt,
        ],
      }),

    /** Whether this one has won the chat. */
    claim: async (chat, staff, at) => {
      const { rowCount } = await pool.query({
        name: 'claim',
        text: `update chats set staff_id = $2, status = 'claimed', updated_at = $3
               where id = $1 and status = 'unclaimed'`,
        values: [chat, staff, at],
      });
      return rowCount === 1;
    },

    /** Closes a chat. */
    closeChat: (chat, at) =>
      pool.query({
        name: 'close_chat',
        text: `update chats set status = 'closed', updated_at = $2 where id = $1`,
        values: [chat, at],
      }),

    /** The contents of some chats' messages, oldest first. */
    contents: async (chats) => {
      const { rows } = await pool.query({
        name: 'contents',
        text: `select chat_id, content from messages where chat_id = any($1) and type_id = 1
               order by chat_id, sequence_num`,
        values: [chats],
      });
      return rows;
    },

    /** The message rows of one chat as supervisors are shown them. */
    rows: async (chat) => {
      const { rows } = await pool.query({
        name: 'rows',
        text: `select * from messages where chat_id = $1 and type_id = 1 order by sequence_num`,
        values: [chat],
      });
      return rows;
    },

    close: () => pool.end(),
  };
}
