/** Cannot be loaded: it throws what may hold a Secret. */
throw new TypeError("hunter2");
