/* A Modbus client made of libmodbus.
 *   libmodbus-client bench PORT CONNECTIONS SECONDS BLOCK   reads holding registers 0 to 1249 in blocks, as fast as it can, one
 *                                                           thread for each connection; prints registers and CPU microseconds
 *   libmodbus-client read PORT UNIT TABLE AT COUNT          prints what it reads, or "error TEXT"
 *   libmodbus-client write PORT UNIT TABLE AT VALUE...      prints "ok" or "error TEXT" */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define WANTED 1250
static int port, block;
static double seconds;
static volatile unsigned sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static modbus_t *dial(int unit) {
  modbus_t *link = modbus_new_tcp("127.0.0.1", port);
  if (!link || modbus_connect(link)) return NULL;
  int on = 1;
  setsockopt(modbus_get_socket(link), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  modbus_set_slave(link, unit);
  return link;
}

static void *reader(void *result) {
  modbus_t *link = dial(1);
  long registers = 0;
  uint16_t values[MODBUS_MAX_READ_REGISTERS];
  double end = now() + seconds;
  while (link && now() < end) {
    for (int at = 0; at < WANTED; at += block) {
      int got = modbus_read_registers(link, at, block, values);
      if (got < 0) exit(1);
      for (int i = 0; i < got; i++) sink += values[i];
      registers += got;
    }
  }
  *(long *)result = registers;
  if (link) modbus_close(link);
  return NULL;
}

static int bench(int connections) {
  pthread_t threads[64];
  long results[64] = {0};
  long total = 0;
  if (connections > 64) return 2;
  double start = now();
  for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, reader, &results[i]);
  for (int i = 0; i < connections; i++) {
    pthread_join(threads[i], NULL);
    total += results[i];
  }
  double took = now() - start;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"registers\":%ld,\"seconds\":%.6f,\"cpuSeconds\":%.6f}\n", total, took, cpu);
  return 0;
}

static int readOnce(modbus_t *link, const char *table, int at, int count) {
  uint16_t words[MODBUS_MAX_READ_REGISTERS];
  uint8_t bits[MODBUS_MAX_READ_BITS];
  int isBits = table[0] == 'c' || table[0] == 'd';
  int got = table[0] == 'h'   ? modbus_read_registers(link, at, count, words)
            : table[0] == 'i' ? modbus_read_input_registers(link, at, count, words)
            : table[0] == 'c' ? modbus_read_bits(link, at, count, bits)
                              : modbus_read_input_bits(link, at, count, bits);
  if (got < 0) return printf("error %s\n", modbus_strerror(errno)), 0;
  for (int i = 0; i < got; i++) printf(i ? " %d" : "%d", isBits ? bits[i] : words[i]);
  printf("\n");
  return 0;
}

static int writeOnce(modbus_t *link, const char *table, int at, int count, char **values) {
  uint16_t words[128];
  uint8_t bits[128];
  for (int i = 0; i < count && i < 128; i++) {
    words[i] = (uint16_t)atoi(values[i]);
    bits[i] = (uint8_t)atoi(values[i]);
  }
  int isCoil = table[0] == 'c';
  int done = isCoil ? (count == 1 ? modbus_write_bit(link, at, bits[0]) : modbus_write_bits(link, at, count, bits))
                    : (count == 1 ? modbus_write_register(link, at, words[0]) : modbus_write_registers(link, at, count, words));
  if (done < 0) printf("error %s\n", modbus_strerror(errno));
  else printf("ok\n");
  return 0;
}

int main(int count, char **words) {
  if (count < 6) return 2;
  port = atoi(words[2]);
  if (strcmp(words[1], "bench") == 0) {
    seconds = atof(words[4]);
    block = atoi(words[5]);
    return bench(atoi(words[3]));
  }
  modbus_t *link = dial(atoi(words[3]));
  if (!link) return printf("error %s\n", modbus_strerror(errno)), 0;
  if (strcmp(words[1], "read") == 0 && count == 7) return readOnce(link, words[4], atoi(words[5]), atoi(words[6]));
  if (strcmp(words[1], "write") == 0 && count >= 7) return writeOnce(link, words[4], atoi(words[5]), count - 6, words + 6);
  return 2;
}
