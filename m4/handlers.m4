# How the handlers are built: for a start that costs as little as can be.
#
# A handler lives for less than a millisecond, so its C library's start-up is
# most of its cost.  A static musl program starts as fast as one without any
# library; glibc, static or not, asks the processor for its features first, and
# where that traps (in most virtual machines) its start takes four times as long.
# So: musl if it is there, else static, else whatever $CC makes.  Sanitizers and
# coverage need the ordinary way.
#
# Sets HANDLER_CC, HANDLER_CFLAGS, HANDLER_LDFLAGS, and handlers_summary.

AC_ARG_WITH([musl], [AS_HELP_STRING([--with-musl=auto|yes|no],
	[build the handlers with musl, for a faster start (auto)])], [], [with_musl=auto])
AC_ARG_VAR([MUSL_CC], [C compiler for musl (musl-gcc)])
AS_CASE([$with_musl], [auto|yes|no], [],
	[AC_MSG_ERROR([--with-musl is auto, yes or no, not $with_musl])])

# USHER_TRY_HANDLER(WHAT, COMPILER, FLAGS, IF-IT-WORKS)
AC_DEFUN([USHER_TRY_HANDLER], [
	AC_MSG_CHECKING([whether handlers can be $1])
	usher_save_CC=$CC usher_save_LDFLAGS=$LDFLAGS usher_save_LIBS=$LIBS
	CC="$2" LDFLAGS="$LDFLAGS $3" LIBS=
	AC_RUN_IFELSE([AC_LANG_PROGRAM([[
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
]], [[struct timespec ts; return clock_gettime(CLOCK_MONOTONIC, &ts) || signal(SIGPIPE, SIG_IGN) == SIG_ERR;]])],
		[usher_handler_works=yes], [usher_handler_works=no],
		[AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[usher_handler_works=yes], [usher_handler_works=no])])
	CC=$usher_save_CC LDFLAGS=$usher_save_LDFLAGS LIBS=$usher_save_LIBS
	AC_MSG_RESULT([$usher_handler_works])
	AS_IF([test "$usher_handler_works" = yes], [$4])
])

# A compiler that is for musl anyway, as on Alpine, needs no other.
AC_CACHE_CHECK([whether $CC is for glibc], [usher_cv_glibc], [
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <features.h>
#ifndef __GLIBC__
#error not glibc
#endif]], [])], [usher_cv_glibc=yes], [usher_cv_glibc=no])
])
AS_IF([test "$usher_cv_glibc" = no], [: ${MUSL_CC=$CC}])
AS_IF([test "$cross_compiling" != yes], [: ${MUSL_CC=musl-gcc}])

# Some compilers for Alpine make -static a PIE; clang warns of a -no-pie that has no effect.
USHER_TRY_LDFLAG([STATIC_LDFLAGS], [-Werror -static -no-pie])
AS_IF([test -n "$STATIC_LDFLAGS"], [STATIC_LDFLAGS='-static -no-pie'], [STATIC_LDFLAGS=-static])
AC_SUBST([STATIC_LDFLAGS])

handlers_how=
AS_IF([test "$enable_sanitizers" = yes || test "$enable_coverage" = yes || test "$enable_fuzzing" = yes], [
	handlers_how="as the rest"
])
AS_IF([test -z "$handlers_how" && test "$with_musl" != no && test -n "$MUSL_CC"], [
	USHER_TRY_HANDLER([built with $MUSL_CC], [$MUSL_CC], [-static -no-pie], [handlers_how="musl static"])
])
AS_IF([test -z "$handlers_how" && test "$with_musl" = yes], [
	AC_MSG_ERROR([--with-musl=yes, but ${MUSL_CC-musl-gcc} makes no working static program (install musl-tools, or set MUSL_CC)])
])
AS_IF([test -z "$handlers_how"], [
	USHER_TRY_HANDLER([static], [$CC], [$STATIC_LDFLAGS], [handlers_how="libc static"])
])

# No PIE in a static handler: relocating itself would cost it a tenth of its
# start, and its few pages hold little that an attacker could jump to.  Nor a
# segment of its own for read-only data: each one is a mapping that exec makes.
# Not $(CC): it becomes the CC of the handlers' rules, and would refer to itself.
HANDLER_CC=$CC
AS_CASE([$handlers_how],
	["musl static"], [
		HANDLER_CC=$MUSL_CC
		usher_save_CC=$CC CC=$MUSL_CC
		for flag in -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
			-Wwrite-strings -Wvla -Wundef -Wformat=2 -fstack-protector-strong -fno-pie; do
			USHER_TRY_CFLAG([HANDLER_CFLAGS], [$flag])
		done
		USHER_TRY_LDFLAG([handler_nosep], [-Wl,-z,noseparate-code])
		CC=$usher_save_CC
		AS_IF([test "$enable_werror" = yes], [HANDLER_CFLAGS="$HANDLER_CFLAGS -Werror"])
		HANDLER_LDFLAGS="-static -no-pie \$(HARDEN_LDFLAGS)$handler_nosep"],
	["libc static"], [
		USHER_TRY_LDFLAG([handler_nosep], [-Wl,-z,noseparate-code])
		HANDLER_CFLAGS='$(USHER_CFLAGS) $(HARDEN_CFLAGS) -fno-pie'
		HANDLER_LDFLAGS="$STATIC_LDFLAGS \$(HARDEN_LDFLAGS)$handler_nosep"],
	[
		HANDLER_CFLAGS='$(USHER_CFLAGS) $(HARDEN_CFLAGS) $(PIE_CFLAGS)'
		HANDLER_LDFLAGS='$(AM_LDFLAGS)'
		: ${handlers_how:=dynamic}])
AC_SUBST([HANDLER_CC])
AC_SUBST([HANDLER_CFLAGS])
AC_SUBST([HANDLER_LDFLAGS])
handlers_summary=", handlers=$handlers_how"

# httpd's passwords. Where the handlers' library has no crypt(3) (Debian's musl is one), a program
# of its own, built as usherd itself is, has it.
AC_ARG_WITH([crypt], [AS_HELP_STRING([--with-crypt=auto|yes|no],
	[crypt(3), for the passwords of the handler httpd (auto)])], [], [with_crypt=auto])
AS_CASE([$with_crypt], [auto|yes|no], [],
	[AC_MSG_ERROR([--with-crypt is auto, yes or no, not $with_crypt])])

# USHER_TRY_CRYPT(WHERE, COMPILER, FLAGS): sets usher_crypt and CRYPT_LIBS
AC_DEFUN([USHER_TRY_CRYPT], [
	AC_MSG_CHECKING([for crypt in $1])
	usher_save_CC=$CC usher_save_LDFLAGS=$LDFLAGS usher_save_LIBS=$LIBS
	usher_crypt=no CC="$2" LDFLAGS="$LDFLAGS $3"
	for usher_lib in '' -lcrypt; do
		LIBS=$usher_lib
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <unistd.h>]], [[return !crypt("a", "ab");]])],
			[usher_crypt=yes; CRYPT_LIBS=$usher_lib; break])
	done
	CC=$usher_save_CC LDFLAGS=$usher_save_LDFLAGS LIBS=$usher_save_LIBS
	AC_MSG_RESULT([$usher_crypt])
])

crypt_how=no CRYPT_CPPFLAGS= CRYPT_LIBS=
AS_IF([test "$with_crypt" != no], [
	AS_CASE([$handlers_how], [*static], [usher_static='-static -no-pie'], [usher_static=])
	USHER_TRY_CRYPT([handlers], [$HANDLER_CC], [$usher_static])
	AS_IF([test $usher_crypt = yes], [crypt_how=httpd], [
		USHER_TRY_CRYPT([other programs], [$CC], [])
		AS_IF([test $usher_crypt = yes], [crypt_how=httpd-password])
	])
	AS_IF([test "$crypt_how$with_crypt" = noyes],
		[AC_MSG_ERROR([--with-crypt=yes, but there is none (install libcrypt-dev or libxcrypt-devel)])])
	AS_IF([test $crypt_how != no], [CRYPT_CPPFLAGS=-DHAVE_PASSWORDS])
])
AM_CONDITIONAL([CRYPT_IN_HTTPD], [test $crypt_how = httpd])
AM_CONDITIONAL([CRYPT_APART], [test $crypt_how = httpd-password])
AC_SUBST([CRYPT_CPPFLAGS])
AC_SUBST([CRYPT_LIBS])
handlers_summary="$handlers_summary, crypt=$crypt_how"

# For tests/bench: processors for which floor and nano have an assembler start.
AC_CACHE_CHECK([whether bare programs are known for this processor], [usher_cv_bare], [
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#if !defined(__x86_64__) && !defined(__aarch64__)
#error unknown
#endif]], [])], [usher_cv_bare=yes], [usher_cv_bare=no])
])
AM_CONDITIONAL([BARE_PROGRAMS], [test "$usher_cv_bare" = yes])
