/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

/*
 * AUTO(T) p = ...;	p is freed when it goes out of scope
 * AUTO_DONE(T) v = {};	the struct T v is emptied when it goes out of scope
 *
 * AUTO_FREE(T, type, f) and AUTO_RELEASE(T, type, f) teach both about a type.
 */
/* A type cannot stand in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define AUTO(T) __attribute__((cleanup(auto_free_##T))) auto_type_##T *
#define AUTO_DONE(T) __attribute__((cleanup(auto_done_##T))) struct T

#define AUTO_FREE(T, type, f)                                                                      \
	typedef type auto_type_##T;                                                                \
	static inline void auto_free_##T(type **slot)                                              \
	{                                                                                          \
		if (*slot != 0)                                                                    \
			f(*slot);                                                                  \
	}                                                                                          \
	struct auto_needs_semicolon

#define AUTO_RELEASE(T, f)                                                                         \
	static inline void auto_done_##T(struct T *value)                                          \
	{                                                                                          \
		f(value);                                                                          \
	}                                                                                          \
	struct auto_needs_semicolon
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
