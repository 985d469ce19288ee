// A peer on Cyclone DDS, for tests and benches of our own RTPS core. Usage: cyclone-peer <mode> name=value ...
//   publish    topic count rate size depth keep=last|all reliable transient type=text|telemetry settle linger deadline
//   subscribe  topic count depth reliable transient      counts texts, or telemetries with type=telemetry
//   echo       in out                                     answers each text with the same text
//   ping       in out count size                          measures round trips against an echo
//   many       count rate                                 publishes telemetry on so many topics
//   service    name                                       answers std_srvs/SetBool the way rmw_cyclonedds does
//   robot      id                                         publishes telemetry and answers commands, as a robot would
// Each line of output is one JSON object. Stops by itself when done, or on SIGTERM.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dds/dds.h"
#include "messages.h"

typedef std_msgs_msg_dds__String_ Text;
typedef plainview_msgs_msg_dds__Telemetry_ Telemetry;
typedef plainview_msgs_msg_dds__Command_ Command;
typedef plainview_msgs_msg_dds__CommandResult_ CommandResult;

static volatile sig_atomic_t stopping = 0;
static int argument_count;
static char **arguments;
static dds_entity_t participant;

static void on_signal(int number) {
  (void)number;
  stopping = 1;
}

static const char *text_option(const char *name, const char *fallback) {
  size_t length = strlen(name);
  for (int i = 2; i < argument_count; i++) {
    if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') return arguments[i] + length + 1;
  }
  return fallback;
}

static double option(const char *name, double fallback) {
  const char *text = text_option(name, NULL);
  return text == NULL ? fallback : atof(text);
}

static double now_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sleep_until(double due) {
  double left = due - now_seconds();
  if (left > 0) usleep((useconds_t)(left * 1e6));
}

static dds_qos_t *make_qos(void) {
  dds_qos_t *qos = dds_create_qos();
  bool reliable = option("reliable", 1) != 0;
  dds_qset_reliability(qos, reliable ? DDS_RELIABILITY_RELIABLE : DDS_RELIABILITY_BEST_EFFORT, DDS_SECS(10));
  dds_qset_durability(qos, option("transient", 0) != 0 ? DDS_DURABILITY_TRANSIENT_LOCAL : DDS_DURABILITY_VOLATILE);
  bool all = strcmp(text_option("keep", "last"), "all") == 0;
  dds_qset_history(qos, all ? DDS_HISTORY_KEEP_ALL : DDS_HISTORY_KEEP_LAST, (int32_t)option("depth", 1000));
  if (option("transient", 0) != 0) {
    dds_qset_durability_service(qos, 0, DDS_HISTORY_KEEP_LAST, (int32_t)option("depth", 1000), -1, -1, -1);
  }
  if (option("deadline", 0) > 0) dds_qset_deadline(qos, DDS_MSECS((int64_t)option("deadline", 0)));
  if (option("lease", 0) > 0) dds_qset_liveliness(qos, DDS_LIVELINESS_MANUAL_BY_TOPIC, DDS_MSECS((int64_t)option("lease", 0)));
  return qos;
}

static dds_entity_t make_writer(const dds_topic_descriptor_t *type, const char *name) {
  dds_qos_t *qos = make_qos();
  dds_entity_t topic = dds_create_topic(participant, type, name, NULL, NULL);
  dds_entity_t writer = dds_create_writer(participant, topic, qos, NULL);
  dds_delete_qos(qos);
  return writer;
}

static dds_entity_t make_reader(const dds_topic_descriptor_t *type, const char *name) {
  dds_qos_t *qos = make_qos();
  dds_entity_t topic = dds_create_topic(participant, type, name, NULL, NULL);
  dds_entity_t reader = dds_create_reader(participant, topic, qos, NULL);
  dds_delete_qos(qos);
  return reader;
}

static dds_entity_t make_waitset(dds_entity_t reader) {
  dds_entity_t waitset = dds_create_waitset(participant);
  dds_waitset_attach(waitset, dds_create_readcondition(reader, DDS_ANY_STATE), 0);
  return waitset;
}

static void wait_for_reader(dds_entity_t writer, uint32_t wanted) {
  dds_publication_matched_status_t status = {0};
  while (!stopping && status.current_count < wanted) {
    dds_get_publication_matched_status(writer, &status);
    usleep(500);
  }
}

static void fill_telemetry(Telemetry *message, char *id, double battery) {
  static int32_t readings[4] = {11, 22, 33, 44};
  memset(message, 0, sizeof *message);
  message->device_id = id;
  message->device_type = "roustabout";
  message->latitude = 29.7604;
  message->longitude = -95.3698;
  message->altitude = 12.5;
  message->battery = battery;
  message->sensor_readings._length = message->sensor_readings._maximum = 4;
  message->sensor_readings._buffer = readings;
}

static void publish(void) {
  bool telemetry = strcmp(text_option("type", "text"), "telemetry") == 0;
  long count = (long)option("count", 0);
  double rate = option("rate", 0);
  size_t size = (size_t)option("size", 0);
  dds_entity_t writer = make_writer(
      telemetry ? &plainview_msgs_msg_dds__Telemetry__desc : &std_msgs_msg_dds__String__desc, text_option("topic", "rt/text"));
  char *text = malloc(size + 64);
  if (option("wait", 1) != 0) wait_for_reader(writer, 1);
  usleep((useconds_t)(1000 * option("settle", 100)));
  double start = now_seconds(), cpu = cpu_seconds();
  long sent = 0;
  for (; (count == 0 || sent < count) && !stopping; sent++) {
    int used = snprintf(text, 64, "%ld ", sent);
    if ((size_t)used < size) memset(text + used, 'x', size - (size_t)used), text[size] = 0;
    dds_return_t result;
    if (telemetry) {
      Telemetry message;
      fill_telemetry(&message, text, 87.5);
      result = dds_write(writer, &message);
    } else {
      Text message = {.data = text};
      result = dds_write(writer, &message);
    }
    if (result != 0) printf("{\"event\":\"write-failed\",\"why\":\"%s\"}\n", dds_strretcode(-result));
    if (rate > 0) sleep_until(start + (double)(sent + 1) / rate);
  }
  double written = now_seconds() - start;
  dds_return_t acknowledged = dds_wait_for_acks(writer, DDS_SECS(20));
  printf("{\"event\":\"sent\",\"count\":%ld,\"seconds\":%.6f,\"acknowledged\":%s,\"allSeconds\":%.6f,\"cpu\":%.6f}\n", sent, written,
         acknowledged == 0 ? "true" : "false", now_seconds() - start, cpu_seconds() - cpu);
  double linger = now_seconds() + option("linger", 0);
  while (!stopping && now_seconds() < linger) usleep(10000);
}

static long index_of(void *sample, bool telemetry) {
  return atol(telemetry ? ((Telemetry *)sample)->device_id : ((Text *)sample)->data);
}

static void subscribe(void) {
  bool telemetry = strcmp(text_option("type", "text"), "telemetry") == 0;
  long wanted = (long)option("count", 0);
  dds_entity_t reader = make_reader(
      telemetry ? &plainview_msgs_msg_dds__Telemetry__desc : &std_msgs_msg_dds__String__desc, text_option("topic", "rt/text"));
  dds_entity_t waitset = make_waitset(reader);
  long received = 0, gaps = 0, repeats = 0, previous = -1;
  double first = 0, last = 0, bytes = 0, cpu = cpu_seconds();
  uint32_t matched = 0;
  printf("{\"event\":\"ready\"}\n");
  while (!stopping && (wanted == 0 || received < wanted)) {
    dds_attach_t triggered;
    dds_waitset_wait(waitset, &triggered, 1, DDS_MSECS(50));
    dds_subscription_matched_status_t status;
    dds_get_subscription_matched_status(reader, &status);
    if (status.current_count != matched) printf("{\"event\":\"matched\",\"count\":%u}\n", matched = status.current_count);
    void *samples[128] = {0};
    dds_sample_info_t infos[128];
    int taken = dds_take(reader, samples, infos, 128, 128);
    for (int i = 0; i < taken; i++) {
      if (!infos[i].valid_data) continue;
      long index = index_of(samples[i], telemetry);
      if (received++ == 0) {
        first = now_seconds();
        if (telemetry) {
          Telemetry *t = samples[i];
          printf("{\"event\":\"telemetry\",\"id\":\"%s\",\"type\":\"%s\",\"latitude\":%.6f,\"battery\":%.3f,\"readings\":%u,\"second\":%d}\n",
                 t->device_id, t->device_type, t->latitude, t->battery, t->sensor_readings._length,
                 t->sensor_readings._length > 1 ? t->sensor_readings._buffer[1] : 0);
        }
      }
      last = now_seconds();
      if (previous >= 0 && index > previous + 1) gaps += index - previous - 1;
      if (index <= previous) repeats++;
      previous = index;
      if (!telemetry) bytes += (double)strlen(((Text *)samples[i])->data);
    }
    if (taken > 0) dds_return_loan(reader, samples, taken);
  }
  printf("{\"event\":\"received\",\"count\":%ld,\"gaps\":%ld,\"repeats\":%ld,\"bytes\":%.0f,\"seconds\":%.6f,\"cpu\":%.6f}\n", received, gaps,
         repeats, bytes, last - first, cpu_seconds() - cpu);
}

static void echo(void) {
  dds_entity_t reader = make_reader(&std_msgs_msg_dds__String__desc, text_option("in", "rt/ping"));
  dds_entity_t writer = make_writer(&std_msgs_msg_dds__String__desc, text_option("out", "rt/pong"));
  dds_entity_t waitset = make_waitset(reader);
  long answered = 0;
  printf("{\"event\":\"ready\"}\n");
  while (!stopping) {
    dds_attach_t triggered;
    dds_waitset_wait(waitset, &triggered, 1, DDS_MSECS(50));
    void *samples[32] = {0};
    dds_sample_info_t infos[32];
    int taken = dds_take(reader, samples, infos, 32, 32);
    for (int i = 0; i < taken; i++) {
      if (!infos[i].valid_data) continue;
      dds_write(writer, samples[i]);
      answered++;
    }
    if (taken > 0) dds_return_loan(reader, samples, taken);
  }
  printf("{\"event\":\"answered\",\"count\":%ld,\"cpu\":%.6f}\n", answered, cpu_seconds());
}

static int by_size(const void *a, const void *b) {
  double d = *(const double *)a - *(const double *)b;
  return d < 0 ? -1 : d > 0;
}

static void ping(void) {
  long count = (long)option("count", 1000);
  size_t size = (size_t)option("size", 50);
  dds_entity_t writer = make_writer(&std_msgs_msg_dds__String__desc, text_option("in", "rt/ping"));
  dds_entity_t reader = make_reader(&std_msgs_msg_dds__String__desc, text_option("out", "rt/pong"));
  dds_entity_t waitset = make_waitset(reader);
  wait_for_reader(writer, 1);
  dds_subscription_matched_status_t status = {0};
  while (!stopping && status.current_count == 0) dds_get_subscription_matched_status(reader, &status), usleep(500);
  usleep(100000);
  double *trips = calloc((size_t)count, sizeof *trips);
  char *text = malloc(size + 64);
  long done = 0;
  for (; done < count && !stopping; done++) {
    int used = snprintf(text, 64, "%ld ", done);
    if ((size_t)used < size) memset(text + used, 'x', size - (size_t)used), text[size] = 0;
    Text message = {.data = text};
    double start = now_seconds();
    dds_write(writer, &message);
    for (int back = 0; !back && now_seconds() - start < 1;) {
      dds_attach_t triggered;
      dds_waitset_wait(waitset, &triggered, 1, DDS_MSECS(100));
      void *samples[8] = {0};
      dds_sample_info_t infos[8];
      int taken = dds_take(reader, samples, infos, 8, 8);
      for (int i = 0; i < taken; i++) back |= infos[i].valid_data && atol(((Text *)samples[i])->data) == done;
      if (taken > 0) dds_return_loan(reader, samples, taken);
    }
    trips[done] = now_seconds() - start;
  }
  qsort(trips, (size_t)done, sizeof *trips, by_size);
  printf("{\"event\":\"pinged\",\"count\":%ld,\"p50\":%.9f,\"p99\":%.9f}\n", done, done ? trips[done / 2] : 0, done ? trips[done * 99 / 100] : 0);
}

static void many(void) {
  int count = (int)option("count", 100);
  double rate = option("rate", 10);
  dds_entity_t *writers = calloc((size_t)count, sizeof *writers);
  char name[128];
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "rt/devices/robot_%03d/telemetry", i);
    writers[i] = make_writer(&plainview_msgs_msg_dds__Telemetry__desc, name);
  }
  printf("{\"event\":\"ready\"}\n");
  double start = now_seconds();
  for (long round = 0; !stopping; round++) {
    for (int i = 0; i < count; i++) {
      Telemetry message;
      snprintf(name, sizeof name, "robot-%03d", i);
      fill_telemetry(&message, name, (double)(round % 100));
      dds_write(writers[i], &message);
    }
    sleep_until(start + (double)(round + 1) / rate);
  }
}

static void service(void) {
  char name[128];
  snprintf(name, sizeof name, "rq/%sRequest", text_option("name", "arm"));
  dds_entity_t requests = make_reader(&std_srvs_srv_dds__SetBool_Request__desc, name);
  snprintf(name, sizeof name, "rr/%sReply", text_option("name", "arm"));
  dds_entity_t replies = make_writer(&std_srvs_srv_dds__SetBool_Response__desc, name);
  dds_entity_t waitset = make_waitset(requests);
  printf("{\"event\":\"ready\"}\n");
  while (!stopping) {
    dds_attach_t triggered;
    dds_waitset_wait(waitset, &triggered, 1, DDS_MSECS(50));
    void *samples[8] = {0};
    dds_sample_info_t infos[8];
    int taken = dds_take(requests, samples, infos, 8, 8);
    for (int i = 0; i < taken; i++) {
      if (!infos[i].valid_data) continue;
      std_srvs_srv_dds__SetBool_Request_ *request = samples[i];
      std_srvs_srv_dds__SetBool_Response_ response = {.client = request->client, .number = request->number, .success = request->data};
      response.message = request->data ? "armed" : "disarmed";
      dds_write(replies, &response);
    }
    if (taken > 0) dds_return_loan(requests, samples, taken);
  }
}

static void robot(void) {
  const char *id = text_option("id", "robot_c");
  char name[128];
  snprintf(name, sizeof name, "rt/devices/%s/telemetry", id);
  dds_entity_t telemetry = make_writer(&plainview_msgs_msg_dds__Telemetry__desc, name);
  snprintf(name, sizeof name, "rt/devices/%s/command_result", id);
  dds_entity_t results = make_writer(&plainview_msgs_msg_dds__CommandResult__desc, name);
  snprintf(name, sizeof name, "rt/devices/%s/command", id);
  dds_entity_t commands = make_reader(&plainview_msgs_msg_dds__Command__desc, name);
  dds_entity_t waitset = make_waitset(commands);
  printf("{\"event\":\"ready\"}\n");
  double next = now_seconds(), battery = 100;
  while (!stopping) {
    dds_attach_t triggered;
    dds_waitset_wait(waitset, &triggered, 1, DDS_MSECS(20));
    void *samples[8] = {0};
    dds_sample_info_t infos[8];
    int taken = dds_take(commands, samples, infos, 8, 8);
    for (int i = 0; i < taken; i++) {
      if (!infos[i].valid_data) continue;
      Command *command = samples[i];
      printf("{\"event\":\"command\",\"id\":\"%s\",\"command\":\"%s\",\"args\":%s,\"sec\":%d,\"ttl\":%d}\n", command->command_id, command->command,
             command->args[0] == 0 ? "null" : command->args, command->stamp.sec, command->time_to_live.sec);
      CommandResult result = {.stamp = command->stamp, .command_id = command->command_id, .device_id = (char *)id};
      result.state = strcmp(command->command, "hold") == 0 ? 1 : 2;
      result.message = result.state == 1 ? "" : "this robot only knows hold";
      dds_write(results, &result);
    }
    if (taken > 0) dds_return_loan(commands, samples, taken);
    if (now_seconds() < next) continue;
    next += 0.1;
    Telemetry message;
    fill_telemetry(&message, (char *)id, battery -= 0.1);
    dds_write(telemetry, &message);
  }
}

int main(int count, char **values) {
  argument_count = count;
  arguments = values;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  if (count < 2) return 2;
  participant = dds_create_participant((dds_domainid_t)option("domain", 0), NULL, NULL);
  if (participant < 0) {
    printf("{\"event\":\"failed\",\"why\":\"%s\"}\n", dds_strretcode(-participant));
    return 1;
  }
  const char *mode = values[1];
  if (strcmp(mode, "publish") == 0) publish();
  else if (strcmp(mode, "subscribe") == 0) subscribe();
  else if (strcmp(mode, "echo") == 0) echo();
  else if (strcmp(mode, "ping") == 0) ping();
  else if (strcmp(mode, "many") == 0) many();
  else if (strcmp(mode, "service") == 0) service();
  else if (strcmp(mode, "robot") == 0) robot();
  else return 2;
  dds_delete(participant);
  return 0;
}
