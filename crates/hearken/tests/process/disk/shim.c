/* A disk that loses power, fills up or fails, put between the server and its data folder with LD_PRELOAD.
 *
 * The server reads and writes its real files. Sync calls are not passed on: no real power is lost here; what was
 * synced is kept in a shadow beside them.
 *
 * SHIM_DATA    the folder to stand before, canonical; without it nothing here does anything
 * SHIM_SHADOW  where the shadow is kept (shadow.c); without it none is
 * SHIM_LIE     syncs say that they are done, and are not
 * SHIM_CUT     "SYNCS OPERATIONS": the power goes so many operations after so many syncs
 * SHIM_TEAR    a seed: what is unsynced then reaches the disk in part
 * SHIM_FULL    a file; while it is there, files may grow by SHIM_ROOM bytes in all
 * SHIM_BROKEN  a file; while it is there, syncs fail, and what they were to sync never reaches the disk
 */
#define _GNU_SOURCE
#include "shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 65536

/* Held while anything below changes, and for every call into the shadow. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node *open_nodes[MOST_DESCRIPTORS];
static const char *data, *full, *broken, *tear;
static bool lies;
static long cut_after_syncs, cut_after_operations = -1, room;

__attribute__((constructor)) static void begin(void) {
    const char *cut = getenv("SHIM_CUT"), *bytes = getenv("SHIM_ROOM"), *shadow = getenv("SHIM_SHADOW");
    data = getenv("SHIM_DATA");
    if (!data) return;
    full = getenv("SHIM_FULL");
    broken = getenv("SHIM_BROKEN");
    tear = getenv("SHIM_TEAR");
    lies = getenv("SHIM_LIE") != NULL;
    room = bytes ? atol(bytes) : 0;
    if (cut && sscanf(cut, "%ld %ld", &cut_after_syncs, &cut_after_operations) != 2) fail("SHIM_CUT");
    if (shadow) shadow_begin(data, shadow);
}

/* Something is done to the disk: the power may go before it. */
static void operation(void) {
    if (cut_after_operations < 0 || cut_after_syncs > 0 || cut_after_operations-- > 0) return;
    if (tear) shadow_tear(strtoull(tear, NULL, 10));
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static bool is_there(const char *flag) { return flag && !faccessat(AT_FDCWD, flag, F_OK, 0); }

/* How many of `length` bytes still fit, when they begin at `at`. */
static size_t fitting(int file, off_t at, size_t length) {
    struct stat found;
    if (!is_there(full) || fstat(file, &found)) return length;
    off_t growth = at + (off_t)length - found.st_size;
    if (growth <= 0) return length;
    off_t over = growth > room ? growth - room : 0;
    room -= growth - over;
    return over >= (off_t)length ? 0 : length - (size_t)over;
}

static struct node *node_at(int file) {
    return file >= 0 && file < MOST_DESCRIPTORS ? __atomic_load_n(&open_nodes[file], __ATOMIC_ACQUIRE) : NULL;
}

/* Remembers a descriptor that was opened in the folder. */
static int opened(int file, int flags) {
    struct stat found;
    char link[64], path[PATH_MAX];
    if (!data || file < 0 || file >= MOST_DESCRIPTORS || fstat(file, &found)) return file;
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) return file;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return file;
    path[length] = 0;
    size_t folder = strlen(data);
    if (strncmp(path, data, folder) || (path[folder] && path[folder] != '/')) return file;
    pthread_mutex_lock(&lock);
    struct node *node = shadow_node(&found, path);
    if (flags & O_TRUNC) shadow_cut(node, 0);
    __atomic_store_n(&open_nodes[file], node, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return file;
}

static ssize_t write_at(int file, struct node *node, const void *bytes, size_t length, off_t at) {
    pthread_mutex_lock(&lock);
    operation();
    size_t fits = fitting(file, at, length);
    ssize_t done = -1;
    if (length && !fits) {
        errno = ENOSPC;
    } else {
        done = syscall(SYS_pwrite64, file, bytes, fits, at);
        if (done > 0) shadow_put(node, bytes, (size_t)done, at);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

static int cut_to(int file, struct node *node, off_t length) {
    struct stat found;
    pthread_mutex_lock(&lock);
    operation();
    if (is_there(full) && !fstat(file, &found) && found.st_size > length) room += found.st_size - length;
    int failed = (int)syscall(SYS_ftruncate, file, length);
    if (!failed) shadow_cut(node, length);
    pthread_mutex_unlock(&lock);
    return failed;
}

static int sync_node(int file, struct node *node) {
    int failed = 0;
    pthread_mutex_lock(&lock);
    operation();
    if (is_there(broken)) {
        /* As Linux does it: the pages count as clean from here on, and nobody writes them again. */
        shadow_forget(node);
        errno = EIO;
        failed = -1;
    } else if (lies) {
        shadow_forget(node);
    } else {
        shadow_sync(node, file);
    }
    if (!failed && cut_after_syncs > 0) cut_after_syncs--;
    pthread_mutex_unlock(&lock);
    return failed;
}

static int unlink_at(int folder, const char *path, int flags) {
    struct stat found;
    bool last = data && !fstatat(folder, path, &found, AT_SYMLINK_NOFOLLOW) && found.st_nlink == 1;
    pthread_mutex_lock(&lock);
    int failed = (int)syscall(SYS_unlinkat, folder, path, flags);
    if (!failed && last) shadow_unlinked(found.st_ino);
    pthread_mutex_unlock(&lock);
    return failed;
}

static int open_at(int folder, const char *path, int flags, va_list more) {
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    return opened((int)syscall(SYS_openat, folder, path, flags, mode), flags);
}

/* From here on: the library's functions that a program changes files with. */

#define OPEN(folder) \
    va_list more; \
    va_start(more, flags); \
    int file = open_at(folder, path, flags, more); \
    va_end(more); \
    return file;

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD) }
int open64(const char *path, int flags, ...) { OPEN(AT_FDCWD) }
int openat(int folder, const char *path, int flags, ...) { OPEN(folder) }
int openat64(int folder, const char *path, int flags, ...) { OPEN(folder) }

int close(int file) {
    if (node_at(file)) __atomic_store_n(&open_nodes[file], NULL, __ATOMIC_RELEASE);
    return (int)syscall(SYS_close, file);
}

ssize_t write(int file, const void *bytes, size_t length) {
    struct node *node = node_at(file);
    if (!node) return syscall(SYS_write, file, bytes, length);
    off_t at = lseek(file, 0, SEEK_CUR);
    ssize_t done = write_at(file, node, bytes, length, at);
    if (done > 0) lseek(file, at + done, SEEK_SET);
    return done;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    struct node *node = node_at(file);
    return node ? write_at(file, node, bytes, length, at) : syscall(SYS_pwrite64, file, bytes, length, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) { return pwrite(file, bytes, length, at); }

int ftruncate(int file, off_t length) {
    struct node *node = node_at(file);
    return node ? cut_to(file, node, length) : (int)syscall(SYS_ftruncate, file, length);
}

int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }

int fsync(int file) {
    struct node *node = node_at(file);
    return node ? sync_node(file, node) : (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    struct node *node = node_at(file);
    return node ? sync_node(file, node) : (int)syscall(SYS_fdatasync, file);
}

int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return unlink_at(folder, path, flags); }
