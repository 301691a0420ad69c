/* A disk on which the N-th write fails: cc -shared -fPIC -o failing_writes.so failing_writes.c -ldl, LD_PRELOAD.
   fail_writes(folder, other, from, count, number): of all calls that write in these folders, that which comes as number
   `from` (from 1) and `count - 1` more fail with the error `number`; returns how many there were before. With ENOSPC
   what needs no room does not fail, with EROFS only what opens, renames or removes does. Writes through a mapping are
   none of its business. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPENS = 1, GROWS = 2, SYNCS = 4, NAMES = 8 };

static char below[2][PATH_MAX];
static long seen, from, until;
static int error_number;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

long fail_writes(const char *folder, const char *other, long first, long count, int number) {
  pthread_mutex_lock(&lock);
  long before = seen;
  seen = 0, from = first, until = first + count, error_number = number;
  snprintf(below[0], PATH_MAX, "%s", folder);
  snprintf(below[1], PATH_MAX, "%s", other);
  pthread_mutex_unlock(&lock);
  return before;
}

static int concerns(enum kind kind) {
  if (error_number == EROFS) return (kind & (OPENS | NAMES)) != 0;
  if (error_number == ENOSPC) return (kind & SYNCS) == 0;
  return 1;
}

static int is_in(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return length > 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int counted(const char *path, enum kind kind) {
  if (!is_in(path, below[0]) && !is_in(path, below[1])) return 0;
  pthread_mutex_lock(&lock);
  int fails = 0;
  if (concerns(kind)) {
    seen++;
    fails = seen >= from && seen < until;
  }
  pthread_mutex_unlock(&lock);
  if (fails) errno = error_number;
  return fails;
}

static int counted_fd(int fd, enum kind kind) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return counted(path, kind);
}

static int counted_at(int folder, const char *name, enum kind kind) {
  if (name[0] == '/' || folder == AT_FDCWD) return counted(name, kind);
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t size = readlink(link, path, sizeof path / 2);
  if (size < 0) return 0;
  snprintf(path + size, sizeof path - size, "/%s", name);
  return counted(path, kind);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MAY_WRITE(flags) (((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0)
#define MODE(flags)                                    \
  mode_t mode = 0;                                     \
  if ((flags) & O_CREAT) {                             \
    va_list more;                                      \
    va_start(more, flags);                             \
    mode = va_arg(more, mode_t);                       \
    va_end(more);                                      \
  }

int open(const char *path, int flags, ...) {
  MODE(flags);
  return MAY_WRITE(flags) && counted(path, OPENS) ? -1 : NEXT(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags);
  return MAY_WRITE(flags) && counted(path, OPENS) ? -1 : NEXT(open64)(path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return MAY_WRITE(flags) && counted_at(folder, path, OPENS) ? -1 : NEXT(openat)(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags);
  return MAY_WRITE(flags) && counted_at(folder, path, OPENS) ? -1 : NEXT(openat64)(folder, path, flags, mode);
}
ssize_t write(int fd, const void *data, size_t size) {
  return counted_fd(fd, GROWS) ? -1 : NEXT(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return counted_fd(fd, GROWS) ? -1 : NEXT(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return counted_fd(fd, GROWS) ? -1 : NEXT(pwrite64)(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *data, int count) {
  return counted_fd(fd, GROWS) ? -1 : NEXT(writev)(fd, data, count);
}
int fsync(int fd) { return counted_fd(fd, SYNCS) ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return counted_fd(fd, SYNCS) ? -1 : NEXT(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return counted_fd(fd, GROWS) ? -1 : NEXT(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return counted_fd(fd, GROWS) ? -1 : NEXT(ftruncate64)(fd, size); }
int rename(const char *old, const char *new) { return counted(new, NAMES) ? -1 : NEXT(rename)(old, new); }
int mkdir(const char *path, mode_t mode) { return counted(path, NAMES) ? -1 : NEXT(mkdir)(path, mode); }
int unlink(const char *path) { return counted(path, NAMES) ? -1 : NEXT(unlink)(path); }
