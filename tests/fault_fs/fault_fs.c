/*
 * A file system in trouble, for one process and one folder: preloaded (LD_PRELOAD), it stands
 * between the program and the C library's calls that change files.
 *
 *   FAULT_FS_DIR    the folder; nothing outside it is touched
 *   FAULT_FS_LOG    every change is noted here, in the order it happened; src/fault_fs.rs reads it
 *                   and works out what a power cut would have left
 *   FAULT_FS_KILL   the process dies before its change of this number, counted from 1
 *   FAULT_FS_FAIL   FIRST:COUNT:ERRNO, the changes from FIRST on fail, COUNT of them
 *   FAULT_FS_SHORT  a seed: writes take less than they are given, as they may
 *
 * Reading is never disturbed. System calls made without the C library are not seen; the program
 * makes none that change files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { CREATE = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, LINK, UNLINK };

struct record {
  uint8_t operation;
  uint8_t failed;
  uint16_t unused;
  uint32_t first;  /* bytes of the first text that follows: a path, or what was written */
  uint32_t second; /* bytes of the second: another path */
  uint32_t unused2;
  uint64_t inode;
  uint64_t offset; /* where it was written, or the new length */
};

#define FILES 4096
static char watched[FILES]; /* by file descriptor: 1 a file of the folder, 2 the folder itself */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static size_t folder_length;
static int log_file = -1;
static uint64_t changes, kill_at, fail_from, fail_count, shortness;
static int fail_errno;

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("FAULT_FS_DIR");
  if (!text || strlen(text) >= sizeof folder) return;
  strcpy(folder, text);
  folder_length = strlen(folder);
  if ((text = getenv("FAULT_FS_KILL"))) kill_at = strtoull(text, NULL, 10);
  if ((text = getenv("FAULT_FS_SHORT"))) shortness = strtoull(text, NULL, 10) | 1;
  if ((text = getenv("FAULT_FS_FAIL"))) {
    char *rest;
    fail_from = strtoull(text, &rest, 10);
    if (*rest == ':') fail_count = strtoull(rest + 1, &rest, 10);
    if (*rest == ':') fail_errno = (int)strtoul(rest + 1, NULL, 10);
  }
  if ((text = getenv("FAULT_FS_LOG")))
    log_file = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int inside(const char *path) {
  if (!folder_length || strncmp(path, folder, folder_length) != 0) return 0;
  if (path[folder_length] == '/') return 1;
  return path[folder_length] == 0 ? 2 : 0;
}

static int is_watched(int file) { return file >= 0 && file < FILES ? watched[file] : 0; }

static uint64_t inode_of(int file) {
  struct stat found;
  return fstat(file, &found) == 0 ? found.st_ino : 0;
}

static void note(enum operation operation, int failed, uint64_t inode, uint64_t offset,
                 const void *first, size_t first_length, const char *second) {
  if (log_file < 0) return;
  struct record record = {0};
  record.operation = (uint8_t)operation;
  record.failed = (uint8_t)failed;
  record.first = (uint32_t)first_length;
  record.second = second ? (uint32_t)strlen(second) : 0;
  record.inode = inode;
  record.offset = offset;
  struct iovec parts[3] = {{&record, sizeof record},
                           {(void *)first, first_length},
                           {(void *)second, record.second}};
  syscall(SYS_writev, log_file, parts, 3);
}

/* Under the lock: counts a change. Whether it has to fail, with errno set. */
static int fails(void) {
  changes++;
  if (kill_at && changes == kill_at) syscall(SYS_kill, getpid(), SIGKILL);
  if (!fail_from || changes < fail_from || changes - fail_from >= fail_count) return 0;
  errno = fail_errno;
  return 1;
}

/* How much of a write is done. */
static size_t shortened(size_t length) {
  if (!shortness || length < 2) return length;
  shortness = shortness * 6364136223846793005ull + 1442695040888963407ull;
  return 1 + (size_t)((shortness >> 33) % length);
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int opened(int file, const char *path, int flags, int existed) {
  int kind = file >= 0 && file < FILES ? inside(path) : 0;
  if (kind == 0) return file;
  watched[file] = (char)kind;
  if (kind == 1 && !existed) note(CREATE, 0, inode_of(file), 0, path, strlen(path), NULL);
  if (kind == 1 && existed && (flags & O_TRUNC)) note(TRUNCATE, 0, inode_of(file), 0, NULL, 0, NULL);
  return file;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    REAL(name);                                                           \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;           \
    va_end(rest);                                                         \
    if (!inside(path)) return real(path, flags, mode);                    \
    pthread_mutex_lock(&lock);                                            \
    int existed = access(path, F_OK) == 0;                                \
    int changing = (!existed && (flags & O_CREAT)) || (flags & O_TRUNC);  \
    int file = changing && fails() ? -1 : real(path, flags, mode);        \
    file = opened(file, path, flags, existed);                            \
    pthread_mutex_unlock(&lock);                                          \
    return file;                                                          \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                      \
  int name(int at, const char *path, int flags, ...) {                    \
    REAL(name);                                                           \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;           \
    va_end(rest);                                                         \
    if (!inside(path)) return real(at, path, flags, mode);                \
    pthread_mutex_lock(&lock);                                            \
    int existed = access(path, F_OK) == 0;                                \
    int changing = (!existed && (flags & O_CREAT)) || (flags & O_TRUNC);  \
    int file = changing && fails() ? -1 : real(at, path, flags, mode);    \
    file = opened(file, path, flags, existed);                            \
    pthread_mutex_unlock(&lock);                                          \
    return file;                                                          \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int file) {
  REAL(close);
  if (file >= 0 && file < FILES) watched[file] = 0;
  return real(file);
}

static uint64_t place(int file) {
  struct stat found;
  int flags = fcntl(file, F_GETFL);
  if (flags >= 0 && (flags & O_APPEND) && fstat(file, &found) == 0) return (uint64_t)found.st_size;
  off_t now = lseek(file, 0, SEEK_CUR);
  return now < 0 ? 0 : (uint64_t)now;
}

ssize_t write(int file, const void *bytes, size_t length) {
  REAL(write);
  if (is_watched(file) != 1) return real(file, bytes, length);
  pthread_mutex_lock(&lock);
  uint64_t offset = place(file);
  ssize_t done = fails() ? -1 : real(file, bytes, shortened(length));
  note(WRITE, done < 0, inode_of(file), offset, bytes, done < 0 ? 0 : (size_t)done, NULL);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(writev);
  if (is_watched(file) != 1) return real(file, parts, count);
  /* A write may take less than it is given: the first part will do. */
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return write(file, parts[i].iov_base, parts[i].iov_len);
  return 0;
}

#define PWRITE(name)                                                              \
  ssize_t name(int file, const void *bytes, size_t length, __off64_t offset) {    \
    REAL(name);                                                                   \
    if (is_watched(file) != 1) return real(file, bytes, length, offset);          \
    pthread_mutex_lock(&lock);                                                    \
    ssize_t done = fails() ? -1 : real(file, bytes, shortened(length), offset);   \
    note(WRITE, done < 0, inode_of(file), (uint64_t)offset, bytes,                \
         done < 0 ? 0 : (size_t)done, NULL);                                      \
    pthread_mutex_unlock(&lock);                                                  \
    return done;                                                                  \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define FTRUNCATE(name)                                                           \
  int name(int file, __off64_t length) {                                          \
    REAL(name);                                                                   \
    if (is_watched(file) != 1) return real(file, length);                         \
    pthread_mutex_lock(&lock);                                                    \
    int result = fails() ? -1 : real(file, length);                               \
    note(TRUNCATE, result != 0, inode_of(file), (uint64_t)length, NULL, 0, NULL); \
    pthread_mutex_unlock(&lock);                                                  \
    return result;                                                                \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define FSYNC(name)                                                               \
  int name(int file) {                                                            \
    REAL(name);                                                                   \
    int kind = is_watched(file);                                                  \
    if (!kind) return real(file);                                                 \
    pthread_mutex_lock(&lock);                                                    \
    int result = fails() ? -1 : real(file);                                       \
    note(kind == 2 ? SYNC_FOLDER : SYNC, result != 0, inode_of(file), 0, NULL, 0, NULL); \
    pthread_mutex_unlock(&lock);                                                  \
    return result;                                                                \
  }
FSYNC(fsync)
FSYNC(fdatasync)

static void note_names(enum operation operation, int result, const char *old, const char *new) {
  note(operation, result != 0, 0, 0, old, strlen(old), new);
}

int rename(const char *old, const char *new) {
  REAL(rename);
  if (!inside(old) && !inside(new)) return real(old, new);
  pthread_mutex_lock(&lock);
  int result = fails() ? -1 : real(old, new);
  note_names(RENAME, result, old, new);
  pthread_mutex_unlock(&lock);
  return result;
}

int renameat(int old_at, const char *old, int new_at, const char *new) {
  REAL(renameat);
  if (!inside(old) && !inside(new)) return real(old_at, old, new_at, new);
  return rename(old, new);
}

int link(const char *old, const char *new) {
  REAL(link);
  if (!inside(old) && !inside(new)) return real(old, new);
  pthread_mutex_lock(&lock);
  int result = fails() ? -1 : real(old, new);
  note_names(LINK, result, old, new);
  pthread_mutex_unlock(&lock);
  return result;
}

int linkat(int old_at, const char *old, int new_at, const char *new, int flags) {
  REAL(linkat);
  if (!inside(old) && !inside(new)) return real(old_at, old, new_at, new, flags);
  return link(old, new);
}

int unlink(const char *path) {
  REAL(unlink);
  if (!inside(path)) return real(path);
  pthread_mutex_lock(&lock);
  int result = fails() ? -1 : real(path);
  note_names(UNLINK, result, path, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlinkat(int at, const char *path, int flags) {
  REAL(unlinkat);
  if (!inside(path) || (flags & AT_REMOVEDIR)) return real(at, path, flags);
  return unlink(path);
}
