// A peer on Fast DDS, for tests of our own RTPS core. Usage: fastdds-peer <mode> name=value ...
//   publish    topic count rate size depth reliable transient type=text|telemetry settle linger
//   subscribe  topic count depth reliable transient
//   echo       in out
//   service    name                                   answers std_srvs/SetBool the way rmw_fastrtps does
// The types are written by hand on top of Fast CDR, so that neither a code generator nor Java is needed.
// Each line of output is one JSON object. Stops by itself when done, or on SIGTERM.
#include <fastcdr/Cdr.h>
#include <fastcdr/FastBuffer.h>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <fastrtps/utils/IPLocator.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace eprosima::fastdds::dds;
using eprosima::fastcdr::Cdr;
using eprosima::fastrtps::rtps::Locator_t;
using eprosima::fastrtps::rtps::SerializedPayload_t;

static volatile std::sig_atomic_t stopping = 0;
static std::map<std::string, std::string> options;

static std::string text_option(const std::string &name, const std::string &fallback) {
  auto found = options.find(name);
  return found == options.end() ? fallback : found->second;
}

static double option(const std::string &name, double fallback) {
  auto found = options.find(name);
  return found == options.end() ? fallback : std::atof(found->second.c_str());
}

static double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void sleep_seconds(double seconds) {
  if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

struct Text {
  static constexpr const char *name = "std_msgs::msg::dds_::String_";
  std::string data;
  size_t size() const { return data.size() + 16; }
  void write(Cdr &cdr) const { cdr << data; }
  void read(Cdr &cdr) { cdr >> data; }
};

struct Telemetry {
  static constexpr const char *name = "plainview_msgs::msg::dds_::Telemetry_";
  std::string device_id, device_type = "roustabout";
  double latitude = 29.7604, longitude = -95.3698, altitude = 12.5, battery = 87.5;
  std::vector<int32_t> sensor_readings{11, 22, 33, 44};
  size_t size() const { return 128 + device_id.size() + device_type.size() + 4 * sensor_readings.size(); }
  void write(Cdr &cdr) const { cdr << device_id << device_type << latitude << longitude << altitude << battery << sensor_readings; }
  void read(Cdr &cdr) { cdr >> device_id >> device_type >> latitude >> longitude >> altitude >> battery >> sensor_readings; }
};

struct SetBoolRequest {
  static constexpr const char *name = "std_srvs::srv::dds_::SetBool_Request_";
  bool data = false;
  size_t size() const { return 16; }
  void write(Cdr &cdr) const { cdr << data; }
  void read(Cdr &cdr) { cdr >> data; }
};

struct SetBoolResponse {
  static constexpr const char *name = "std_srvs::srv::dds_::SetBool_Response_";
  bool success = false;
  std::string message;
  size_t size() const { return 32 + message.size(); }
  void write(Cdr &cdr) const { cdr << success << message; }
  void read(Cdr &cdr) { cdr >> success >> message; }
};

template <typename T> class Support : public TopicDataType {
public:
  Support() {
    setName(T::name);
    m_typeSize = 2 << 20;
    m_isGetKeyDefined = false;
  }
  bool serialize(void *data, SerializedPayload_t *payload) override {
    eprosima::fastcdr::FastBuffer buffer(reinterpret_cast<char *>(payload->data), payload->max_size);
    Cdr cdr(buffer, Cdr::DEFAULT_ENDIAN, Cdr::DDS_CDR);
    payload->encapsulation = cdr.endianness() == Cdr::BIG_ENDIANNESS ? CDR_BE : CDR_LE;
    cdr.serialize_encapsulation();
    static_cast<T *>(data)->write(cdr);
    payload->length = static_cast<uint32_t>(cdr.getSerializedDataLength());
    return true;
  }
  bool deserialize(SerializedPayload_t *payload, void *data) override {
    eprosima::fastcdr::FastBuffer buffer(reinterpret_cast<char *>(payload->data), payload->length);
    Cdr cdr(buffer, Cdr::DEFAULT_ENDIAN, Cdr::DDS_CDR);
    cdr.read_encapsulation();
    static_cast<T *>(data)->read(cdr);
    return true;
  }
  std::function<uint32_t()> getSerializedSizeProvider(void *data) override {
    return [data] { return static_cast<uint32_t>(static_cast<T *>(data)->size() + 8); };
  }
  void *createData() override { return new T; }
  void deleteData(void *data) override { delete static_cast<T *>(data); }
  bool getKey(void *, eprosima::fastrtps::rtps::InstanceHandle_t *, bool) override { return false; }
};

static DomainParticipant *participant;
static Publisher *publisher;
static Subscriber *subscriber;

static Locator_t loopback(uint32_t port) {
  Locator_t locator;
  eprosima::fastrtps::rtps::IPLocator::setIPv4(locator, 127, 0, 0, 1);
  locator.port = port;
  return locator;
}

// Loopback only, no multicast, no shared memory: the well-known ports of the first few participants are asked one by one.
static void join() {
  uint32_t base = 7400 + 250 * static_cast<uint32_t>(option("domain", 0));
  uint32_t id = static_cast<uint32_t>(option("participant", 5));
  DomainParticipantQos qos;
  qos.name(text_option("name", "fastdds_peer"));
  auto udp = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
  udp->interfaceWhiteList.push_back("127.0.0.1");
  udp->receiveBufferSize = udp->sendBufferSize = 4 << 20;
  qos.transport().use_builtin_transports = false;
  qos.transport().user_transports.push_back(udp);
  auto &wire = qos.wire_protocol();
  wire.participant_id = static_cast<int32_t>(id);
  wire.builtin.metatrafficUnicastLocatorList.push_back(loopback(base + 10 + 2 * id));
  wire.default_unicast_locator_list.push_back(loopback(base + 11 + 2 * id));
  std::string peer = text_option("peer", "");
  if (!peer.empty()) wire.builtin.initialPeersList.push_back(loopback(static_cast<uint32_t>(std::atoi(peer.c_str()))));
  else for (uint32_t other = 0; other < 5; other++) wire.builtin.initialPeersList.push_back(loopback(base + 10 + 2 * other));
  wire.builtin.discovery_config.leaseDuration = {static_cast<int32_t>(option("lease", 10)), 0};
  wire.builtin.discovery_config.leaseDuration_announcementperiod = {1, 0};
  participant = DomainParticipantFactory::get_instance()->create_participant(static_cast<uint32_t>(option("domain", 0)), qos);
  if (participant == nullptr) {
    std::puts("{\"event\":\"failed\",\"why\":\"no participant\"}");
    std::exit(1);
  }
  publisher = participant->create_publisher(PUBLISHER_QOS_DEFAULT);
  subscriber = participant->create_subscriber(SUBSCRIBER_QOS_DEFAULT);
}

template <typename T> static Topic *make_topic(const std::string &name) {
  TypeSupport type(new Support<T>);
  type.register_type(participant);
  return participant->create_topic(name, T::name, TOPIC_QOS_DEFAULT);
}

template <typename Q> static void set_common(Q &qos) {
  qos.reliability().kind = option("reliable", 1) != 0 ? RELIABLE_RELIABILITY_QOS : BEST_EFFORT_RELIABILITY_QOS;
  qos.durability().kind = option("transient", 0) != 0 ? TRANSIENT_LOCAL_DURABILITY_QOS : VOLATILE_DURABILITY_QOS;
  qos.history().kind = KEEP_LAST_HISTORY_QOS;
  qos.history().depth = static_cast<int32_t>(option("depth", 1000));
  qos.endpoint().history_memory_policy = eprosima::fastrtps::rtps::DYNAMIC_REUSABLE_MEMORY_MODE;
}

template <typename T> static DataWriter *make_writer(const std::string &topic) {
  DataWriterQos qos;
  set_common(qos);
  // Samples of more than one datagram can only be sent by the asynchronous thread.
  if (option("size", 0) > 60000) qos.publish_mode().kind = ASYNCHRONOUS_PUBLISH_MODE;
  return publisher->create_datawriter(make_topic<T>(topic), qos);
}

template <typename T> static DataReader *make_reader(const std::string &topic) {
  DataReaderQos qos;
  set_common(qos);
  return subscriber->create_datareader(make_topic<T>(topic), qos);
}

static void say(const char *event) { std::printf("{\"event\":\"%s\"}\n", event); }

static void wait_for_reader(DataWriter *writer) {
  PublicationMatchedStatus status;
  do {
    writer->get_publication_matched_status(status);
    sleep_seconds(0.001);
  } while (status.current_count == 0 && !stopping);
}

static std::string numbered(long number, size_t size) {
  std::string text = std::to_string(number) + " ";
  if (text.size() < size) text.resize(size, 'x');
  return text;
}

static void publish() {
  bool telemetry = text_option("type", "text") == "telemetry";
  std::string topic = text_option("topic", "rt/text");
  DataWriter *writer = telemetry ? make_writer<Telemetry>(topic) : make_writer<Text>(topic);
  long count = static_cast<long>(option("count", 0));
  double rate = option("rate", 0);
  size_t size = static_cast<size_t>(option("size", 0));
  if (option("wait", 1) != 0) wait_for_reader(writer);
  sleep_seconds(option("settle", 300) / 1000);
  double start = now_seconds();
  long sent = 0;
  for (; (count == 0 || sent < count) && !stopping; sent++) {
    std::string text = numbered(sent, size);
    if (telemetry) {
      Telemetry message;
      message.device_id = text;
      writer->write(&message);
    } else {
      Text message{text};
      writer->write(&message);
    }
    if (rate > 0) sleep_seconds(start + static_cast<double>(sent + 1) / rate - now_seconds());
  }
  double written = now_seconds() - start;
  bool acknowledged = writer->wait_for_acknowledgments({20, 0}) == ReturnCode_t::RETCODE_OK;
  std::printf("{\"event\":\"sent\",\"count\":%ld,\"seconds\":%.6f,\"acknowledged\":%s}\n", sent, written, acknowledged ? "true" : "false");
  double until = now_seconds() + option("linger", 0);
  while (!stopping && now_seconds() < until) sleep_seconds(0.01);
}

template <typename T> static void subscribe(std::string (*index)(const T &)) {
  DataReader *reader = make_reader<T>(text_option("topic", "rt/text"));
  long wanted = static_cast<long>(option("count", 0));
  long received = 0, gaps = 0, repeats = 0, previous = -1;
  double first = 0, last = 0;
  T message;
  SampleInfo info;
  say("ready");
  while (!stopping && (wanted == 0 || received < wanted)) {
    reader->wait_for_unread_message({0, 50000000});
    while (reader->take_next_sample(&message, &info) == ReturnCode_t::RETCODE_OK) {
      if (!info.valid_data) continue;
      if (received++ == 0) {
        first = now_seconds();
        std::printf("{\"event\":\"first\",\"text\":\"%.40s\"}\n", index(message).c_str());
      }
      last = now_seconds();
      long number = std::atol(index(message).c_str());
      if (previous >= 0 && number > previous + 1) gaps += number - previous - 1;
      if (number <= previous) repeats++;
      previous = number;
    }
  }
  std::printf("{\"event\":\"received\",\"count\":%ld,\"gaps\":%ld,\"repeats\":%ld,\"seconds\":%.6f}\n", received, gaps, repeats, last - first);
}

static void echo() {
  DataReader *reader = make_reader<Text>(text_option("in", "rt/ping"));
  DataWriter *writer = make_writer<Text>(text_option("out", "rt/pong"));
  Text message;
  SampleInfo info;
  say("ready");
  while (!stopping) {
    reader->wait_for_unread_message({0, 50000000});
    while (reader->take_next_sample(&message, &info) == ReturnCode_t::RETCODE_OK) {
      if (info.valid_data) writer->write(&message);
    }
  }
}

static void service() {
  std::string name = text_option("name", "arm");
  DataReader *requests = make_reader<SetBoolRequest>("rq/" + name + "Request");
  DataWriter *replies = make_writer<SetBoolResponse>("rr/" + name + "Reply");
  SetBoolRequest request;
  SampleInfo info;
  say("ready");
  while (!stopping) {
    requests->wait_for_unread_message({0, 50000000});
    while (requests->take_next_sample(&request, &info) == ReturnCode_t::RETCODE_OK) {
      if (!info.valid_data) continue;
      SetBoolResponse response;
      response.success = request.data;
      response.message = request.data ? "armed" : "disarmed";
      eprosima::fastrtps::rtps::WriteParams parameters;
      parameters.related_sample_identity(info.sample_identity);
      replies->write(&response, parameters);
    }
  }
}

int main(int count, char **values) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGINT, [](int) { stopping = 1; });
  std::signal(SIGTERM, [](int) { stopping = 1; });
  if (count < 2) return 2;
  for (int i = 2; i < count; i++) {
    std::string pair = values[i];
    size_t equals = pair.find('=');
    if (equals != std::string::npos) options[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  std::string mode = values[1];
  join();
  if (mode == "publish") publish();
  else if (mode == "subscribe" && text_option("type", "text") == "telemetry") subscribe<Telemetry>([](const Telemetry &m) { return m.device_id; });
  else if (mode == "subscribe") subscribe<Text>([](const Text &m) { return m.data; });
  else if (mode == "echo") echo();
  else if (mode == "service") service();
  else return 2;
  std::fflush(stdout);
  participant->delete_contained_entities();
  DomainParticipantFactory::get_instance()->delete_participant(participant);
  return 0;
}
