#pragma once

// Headers that Glibc's module lacks.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>

// Enumerators, converted to the types that the calls take.
static const int epoll_cloexec = EPOLL_CLOEXEC;
static const int eventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK;
static const uint32_t epoll_in = EPOLLIN;
static const uint32_t epoll_out = EPOLLOUT;
static const uint32_t epoll_broken = EPOLLERR | EPOLLHUP;
