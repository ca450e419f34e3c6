/* What a disk would still have after the power is gone: see shadow.c. Nothing here is safe to call from two threads
 * at once. */
#ifndef SHADOW_H
#define SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A file or folder, by its inode: names come and go. */
struct node;

/* Ends the process with the reason: a shim that does not work must not look like a server that does. */
void fail(const char *what);

/* Begins a shadow of the folder `data` in the folder `shadow`; what is there at the start has been there for long. */
void shadow_begin(const char *data, const char *shadow);

/* The node of what was found under this name. */
struct node *shadow_node(const struct stat *found, const char *name);

/* Bytes were put into a file, or the file was cut to a length; neither is synced yet. */
void shadow_put(struct node *node, const void *bytes, size_t length, off_t at);
void shadow_cut(struct node *node, off_t length);

/* All that was done to a file, or all names in the folder open as `file`, are synced. */
void shadow_sync(struct node *node, int file);

/* What was done to a file and is not synced never will be. */
void shadow_forget(struct node *node);

/* What is not synced reaches the disk all the same, in part. */
void shadow_tear(uint64_t seed);

/* An inode has lost its last name, and may soon be another file's. */
void shadow_unlinked(ino_t inode);

#endif
