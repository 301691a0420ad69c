/* A share of the network whose server is gone: whoever asks about a path with "dead-mount" in it waits for ever.
   cc -shared -fPIC -o dead_mount.so dead_mount.c, then LD_PRELOAD. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_if_dead(const char *path) {
  while (path && strstr(path, "dead-mount")) pause();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

DIR *opendir(const char *path) { wait_if_dead(path); return NEXT(opendir)(path); }
#define LOOK(name, kind) \
  int name(const char *path, struct kind *found) { wait_if_dead(path); return NEXT(name)(path, found); }
LOOK(stat, stat)
LOOK(lstat, stat)
LOOK(stat64, stat64)
LOOK(lstat64, stat64)
#define LOOK_AT(name, kind) \
  int name(int at, const char *path, struct kind *found, int flags) { \
    wait_if_dead(path); \
    return NEXT(name)(at, path, found, flags); \
  }
LOOK_AT(fstatat, stat)
LOOK_AT(fstatat64, stat64)
int mkdir(const char *path, mode_t mode) { wait_if_dead(path); return NEXT(mkdir)(path, mode); }
int access(const char *path, int mode) { wait_if_dead(path); return NEXT(access)(path, mode); }

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  wait_if_dead(path);
  return NEXT(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  wait_if_dead(path);
  return NEXT(open64)(path, flags, mode);
}
