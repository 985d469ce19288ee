/* A Modbus server made of libmodbus, as an implementation nobody here wrote.
 *   libmodbus-server tcp            listens on an ephemeral port of 127.0.0.1, prints it, one thread for each connection
 *   libmodbus-server rtu PATH UNIT  serves one serial line
 * Tables hold 10000 entries each: holding[i] = i, input[i] = 65535 - i, coil[i] = i % 3 == 0, discrete[i] = i % 5 == 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES 10000
static modbus_mapping_t *map;

static void fill(void) {
  map = modbus_mapping_new(ENTRIES, ENTRIES, ENTRIES, ENTRIES);
  if (!map) exit(1);
  for (int i = 0; i < ENTRIES; i++) {
    map->tab_registers[i] = (uint16_t)i;
    map->tab_input_registers[i] = (uint16_t)(65535 - i);
    map->tab_bits[i] = i % 3 == 0;
    map->tab_input_bits[i] = i % 5 == 0;
  }
}

static void serve(modbus_t *link) {
  uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
  for (;;) {
    int length = modbus_receive(link, request);
    if (length > 0) modbus_reply(link, request, length, map);
    else if (length < 0 && errno != EMBBADCRC) return;
  }
}

static void *connection(void *given) {
  int fd = (int)(intptr_t)given;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  modbus_t *link = modbus_new_tcp(NULL, 0);
  modbus_set_socket(link, fd);
  serve(link);
  close(fd);
  modbus_free(link);
  return NULL;
}

static int tcp(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in here = {.sin_family = AF_INET};
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) return 1;
  getsockname(listener, (struct sockaddr *)&here, &length);
  printf("%d\n", ntohs(here.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) return 1;
    pthread_t thread;
    pthread_create(&thread, NULL, connection, (void *)(intptr_t)fd);
    pthread_detach(thread);
  }
}

static int rtu(const char *path, int unit) {
  modbus_t *link = modbus_new_rtu(path, 115200, 'N', 8, 1);
  if (!link || modbus_set_slave(link, unit) || modbus_connect(link)) return 1;
  printf("ready\n");
  fflush(stdout);
  for (;;) serve(link);
}

int main(int count, char **words) {
  fill();
  if (count == 2 && strcmp(words[1], "tcp") == 0) return tcp();
  if (count == 4 && strcmp(words[1], "rtu") == 0) return rtu(words[2], atoi(words[3]));
  return 2;
}
