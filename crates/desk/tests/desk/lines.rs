//! Lines that are lost, and what becomes of people and their chats.
