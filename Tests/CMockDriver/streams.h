#pragma once

#include "state.h"

int mock_enqueue(driver_handle stream, const struct operation *operation);
int mock_create_stream(driver_handle *handle, unsigned flags);
int mock_destroy_stream(driver_handle handle);
int mock_query_stream(driver_handle handle);
int mock_synchronise(driver_handle handle);
int mock_create_event(driver_handle *handle, unsigned flags);
int mock_destroy_event(driver_handle handle);
int mock_record_event(driver_handle handle, driver_handle stream);
int mock_wait_event(driver_handle stream, driver_handle handle, unsigned flags);
int mock_query_event(driver_handle handle);
int mock_event_milliseconds(float *milliseconds, driver_handle begin, driver_handle end);

int mock_allocate(driver_address *address, size_t bytes);
int mock_free_memory(driver_address address);
int mock_memory_info(size_t *free, size_t *total);
