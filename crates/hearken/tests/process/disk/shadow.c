/* The shadow of a folder: what a disk would still have of it after the power is gone.
 *
 * It is strict where POSIX promises nothing:
 *   - what is written reaches the shadow when its file is synced, in the order of writing;
 *   - a name, new, changed or removed, reaches it when its folder is synced;
 *   - what was not synced may be there all the same, in pieces of a sector and in any mixture (shadow_tear).
 * A file ending in -shm is shared memory in SQLite's sense: a power cut leaves nothing of it.
 *
 * SHADOW/root is the folder as a disk would have it. It is made of links: SHADOW/files has the contents by inode, and
 * SHADOW/folders the names in each folder.
 *
 * System calls are made directly wherever the shim puts itself before the library's function.
 */
#define _GNU_SOURCE
#include "shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECTOR 512

/* Something done to a file and not synced. */
struct change {
    struct change *next;
    bool cuts; /* to `at` bytes; else `length` bytes are put there */
    off_t at;
    size_t length;
    unsigned char bytes[];
};

struct node {
    struct node *next;
    ino_t inode;
    bool folder, fleeting;
    struct change *first, **end;
};

static struct node *nodes;
static const char *shadow; /* NULL: none is kept */
static uint64_t dice;

void fail(const char *what) {
    dprintf(2, "shim: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static bool thrown(void) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % 2;
}

/* Where the shadow keeps what belongs to an inode. */
static void place(char *path, const char *kind, ino_t inode) {
    snprintf(path, PATH_MAX, "%s/%s/%lu", shadow, kind, (unsigned long)inode);
}

struct node *shadow_node(const struct stat *found, const char *name) {
    for (struct node *node = nodes; node; node = node->next)
        if (node->inode == found->st_ino) return node;
    struct node *node = calloc(1, sizeof *node);
    if (!node) fail("memory");
    size_t length = strlen(name);
    node->inode = found->st_ino;
    node->folder = S_ISDIR(found->st_mode);
    node->fleeting = length > 4 && !strcmp(name + length - 4, "-shm");
    node->end = &node->first;
    node->next = nodes;
    return nodes = node;
}

/* Notes a change, with room for its bytes; NULL where nothing is to be noted. */
static struct change *note(struct node *node, off_t at, size_t length) {
    if (!shadow || node->fleeting) return NULL;
    struct change *change = calloc(1, sizeof *change + length);
    if (!change) fail("memory");
    change->at = at;
    change->length = length;
    *node->end = change;
    node->end = &change->next;
    return change;
}

void shadow_put(struct node *node, const void *bytes, size_t length, off_t at) {
    struct change *change = note(node, at, length);
    if (change) memcpy(change->bytes, bytes, length);
}

void shadow_cut(struct node *node, off_t length) {
    struct change *change = note(node, length, 0);
    if (change) change->cuts = true;
}

void shadow_forget(struct node *node) {
    while (node->first) {
        struct change *change = node->first;
        node->first = change->next;
        free(change);
    }
    node->end = &node->first;
}

static void put(int to, const unsigned char *bytes, size_t length, off_t at) {
    while (length > 0) {
        ssize_t done = syscall(SYS_pwrite64, to, bytes, length, at);
        if (done <= 0) fail("writing to the shadow");
        bytes += done, length -= (size_t)done, at += done;
    }
}

/* Puts one change into the shadow; torn, any of its sectors may stay away. */
static void apply(int to, const struct change *change, bool torn) {
    if (change->cuts) {
        if (!(torn && thrown()) && syscall(SYS_ftruncate, to, change->at)) fail("cutting in the shadow");
        return;
    }
    for (size_t from = 0; from < change->length;) {
        size_t piece = SECTOR - (size_t)(change->at + (off_t)from) % SECTOR;
        if (!torn || piece > change->length - from) piece = change->length - from;
        if (!(torn && thrown())) put(to, change->bytes + from, piece, change->at + (off_t)from);
        from += piece;
    }
}

static int content(const struct node *node) {
    char path[PATH_MAX];
    place(path, "files", node->inode);
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) fail(path);
    return file;
}

static void sync_file(struct node *node, bool torn) {
    int to = content(node);
    for (struct change *change = node->first; change; change = change->next) apply(to, change, torn);
    syscall(SYS_close, to);
    shadow_forget(node);
}

static bool is_here_or_above(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static void empty(const char *path) {
    DIR *listing = opendir(path);
    if (!listing) fail(path);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (!is_here_or_above(entry->d_name)) syscall(SYS_unlinkat, dirfd(listing), entry->d_name, 0);
    closedir(listing);
}

/* Gives a file or folder its name. A folder's is a link to that folder's own names. */
static void name_it(const struct node *node, const char *folder, const char *name) {
    char path[PATH_MAX], target[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) fail("a long name");
    if (!node->folder) {
        syscall(SYS_close, content(node));
        place(target, "files", node->inode);
        if (link(target, path)) fail(path);
        return;
    }
    place(target, "folders", node->inode);
    if (mkdir(target, 0700) && errno != EEXIST) fail(target);
    snprintf(target, sizeof target, "../%lu", (unsigned long)node->inode);
    if (symlink(target, path)) fail(path);
}

/* The names that the folder has now are those that it keeps. */
static void sync_folder(const char *path, ino_t inode) {
    char names[PATH_MAX];
    struct stat found;
    place(names, "folders", inode);
    if (mkdir(names, 0700) && errno != EEXIST) fail(names);
    empty(names);
    DIR *listing = opendir(path);
    if (!listing) fail(path);
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (is_here_or_above(entry->d_name)) continue;
        if (fstatat(dirfd(listing), entry->d_name, &found, AT_SYMLINK_NOFOLLOW)) continue;
        if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) continue;
        struct node *node = shadow_node(&found, entry->d_name);
        if (!node->fleeting) name_it(node, names, entry->d_name);
    }
    closedir(listing);
}

void shadow_sync(struct node *node, int file) {
    if (!shadow || node->fleeting) {
        shadow_forget(node);
    } else if (node->folder) {
        char link[64], path[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length < 0) fail(link);
        path[length] = 0;
        sync_folder(path, node->inode);
    } else {
        sync_file(node, false);
    }
}

void shadow_tear(uint64_t seed) {
    dice = seed * 2 + 1;
    for (struct node *node = nodes; shadow && node; node = node->next)
        if (!node->folder && !node->fleeting) sync_file(node, true);
}

void shadow_unlinked(ino_t inode) {
    static unsigned long gone;
    char from[PATH_MAX], to[PATH_MAX];
    for (struct node *node = nodes; node; node = node->next) {
        if (node->inode != inode) continue;
        node->inode = (ino_t)~gone++;
        if (!shadow) continue;
        place(from, "files", inode);
        place(to, "files", node->inode);
        if (rename(from, to) && errno != ENOENT) fail(from);
    }
}

static void take_in_file(const char *path, struct node *node) {
    static unsigned char bytes[1 << 16];
    int from = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), to = content(node);
    off_t at = 0;
    for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0; at += got) put(to, bytes, (size_t)got, at);
    syscall(SYS_close, from);
    syscall(SYS_close, to);
}

static void take_in(const char *path) {
    struct stat found;
    DIR *listing = opendir(path);
    if (!listing) fail(path);
    for (struct dirent *entry; (entry = readdir(listing));) {
        char inner[PATH_MAX];
        if (is_here_or_above(entry->d_name)) continue;
        if (fstatat(dirfd(listing), entry->d_name, &found, AT_SYMLINK_NOFOLLOW)) fail(entry->d_name);
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner) fail("a long name");
        if (S_ISDIR(found.st_mode)) take_in(inner);
        if (S_ISREG(found.st_mode)) take_in_file(inner, shadow_node(&found, entry->d_name));
    }
    closedir(listing);
    if (stat(path, &found)) fail(path);
    sync_folder(path, found.st_ino);
}

void shadow_begin(const char *data, const char *to) {
    char path[PATH_MAX], target[PATH_MAX];
    struct stat found;
    shadow = to;
    snprintf(path, sizeof path, "%s/files", shadow);
    if (mkdir(path, 0700)) fail(path);
    snprintf(path, sizeof path, "%s/folders", shadow);
    if (mkdir(path, 0700)) fail(path);
    take_in(data);
    if (stat(data, &found)) fail(data);
    snprintf(target, sizeof target, "folders/%lu", (unsigned long)found.st_ino);
    snprintf(path, sizeof path, "%s/root", shadow);
    if (symlink(target, path)) fail(path);
}
