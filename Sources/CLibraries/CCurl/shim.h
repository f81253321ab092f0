#ifndef PENSTOCK_CCURL_SHIM_H
#define PENSTOCK_CCURL_SHIM_H

#include <curl/curl.h>

// libcurl's setters and getters take a variable list of arguments, which Swift cannot call: one function for each type.

static inline CURLcode penstock_curl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode penstock_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode penstock_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode penstock_curl_set_receiver(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

/// Sets the body of a POST; libcurl copies it.
static inline CURLcode penstock_curl_set_body(CURL *easy, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes) : code;
}

static inline long penstock_curl_number(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

/// The time after which the connection stood, in microseconds; 0 where it does not.
static inline curl_off_t penstock_curl_connected_after(CURL *easy) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &value) == CURLE_OK ? value : 0;
}

/// Where a redirect points to; NULL where the reply is none. Lives until the handle is used again.
static inline const char *penstock_curl_redirect(CURL *easy) {
    char *value = 0;
    return curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &value) == CURLE_OK ? value : 0;
}

/// The socket of a connection that was only connected (CURLOPT_CONNECT_ONLY); CURL_SOCKET_BAD where there is none.
static inline curl_socket_t penstock_curl_socket(CURL *easy) {
    curl_socket_t value = CURL_SOCKET_BAD;
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? value : CURL_SOCKET_BAD;
}

static inline CURLMcode penstock_curl_multi_set_number(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// Lets all handles of a share use one cookie jar; they must be of one thread, since nothing is locked.
static inline CURLSHcode penstock_curl_share_cookies(CURLSH *share) {
    return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
}

/// Whether the library can be used; the first call sets it up.
static inline int penstock_curl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

#endif
