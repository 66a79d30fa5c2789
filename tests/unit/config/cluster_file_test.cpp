#include "catch.hpp"

#include "config/cluster_file.hpp"
#include "config/option_table.hpp"
#include "temporary_folder.hpp"

using namespace rayd;

namespace {

std::string shipped(const std::string& name) {
  return std::filesystem::path{RAYD_SOURCE_FOLDER} / "config" / name;
}

/// What is wrong with a file whose section [cluster] is *body*.
std::string problem(const std::string& body,
                    const std::string& section = "[cluster]\n") {
  temporary_folder place;
  auto file = place.write("x.conf", section + body);
  auto read = read_cluster_file(file);
  if (read)
    return {};
  auto text = read.error().message;
  auto folder = place.path().string() + "/";
  REQUIRE(text.rfind(folder, 0) == 0);
  return text.substr(folder.size());
}

/// A file that is right but for *line*, which is its second line.
std::string problem_of(const std::string& line) {
  return problem(line + "\nname=\"lab\"\nhead={host=\"localhost\"}\n");
}

} // namespace

TEST_CASE("config/cluster.conf loads", "[cluster_file]") {
  auto read = read_cluster_file(shipped("cluster.conf"));
  INFO((read ? std::string{} : read.error().message));
  REQUIRE(read);
  CHECK(read->name == "lab");
  CHECK(read->ssh_user == "ops");
  CHECK(read->ssh_port == 22);
  CHECK(read->identity_file.find("/.ssh/id_ed25519") != std::string::npos);
  CHECK(read->identity_file[0] == '/');
  CHECK(read->secret_file == shipped("lab.secret"));
  CHECK(read->head_address() == endpoint{"10.0.0.1", 6379});
  CHECK(read->head.flag("num-cpus") == "4");
  REQUIRE(read->nodes.size() == 3);
  CHECK(read->nodes[1].flag("labels") == "zone=a");
  CHECK(read->nodes[2].count == 2);
  CHECK(read->nodes[2].flag("resources") == "license=1");
}

TEST_CASE("the example of the handbook loads", "[cluster_file]") {
  temporary_folder place;
  auto file = place.write("cluster.conf",
                          R"(
; cluster.conf, for rayd up and rayd down
[cluster]
name="lab"
ssh={user="ops", port=22, identity-file="~/.ssh/id_ed25519"}
redis-password-file="lab.secret"        ; made when missing, copied to the nodes
head={host="10.0.0.1", num-cpus=4}
)"
                          R"(nodes=[{host="10.0.0.2", num-cpus=8}, )"
                          R"({host="10.0.0.3", num-cpus=8, labels="zone=a"}, )"
                          R"({host="localhost", count=2, num-cpus=1}])");
  auto read = read_cluster_file(file);
  INFO((read ? std::string{} : read.error().message));
  REQUIRE(read);
  CHECK(read->secret_file == (place.path() / "lab.secret").string());
  CHECK(read->nodes.size() == 3);
}

TEST_CASE("paths of flags are the hosts' own", "[cluster_file]") {
  temporary_folder place;
  auto file = place.write("c", "[cluster]\nname=\"a\"\n"
                               "head={host=\"localhost\", "
                               "session-dir=\"~/none\"}\n");
  auto read = read_cluster_file(file);
  REQUIRE(read);
  CHECK(read->head.flag("session-dir") == "~/none");
  CHECK(problem_of("nodes=[{host=\"localhost\", session-dir=\"\"}]")
          .find("x.conf:2: session-dir: ")
        == 0);
}

TEST_CASE("the port of the head is its own", "[cluster_file]") {
  temporary_folder place;
  auto file = place.write("c", "[cluster]\nname=\"a\"\n"
                               "head={host=\"::1\", port=7000}\n");
  auto read = read_cluster_file(file);
  REQUIRE(read);
  CHECK(to_string(read->head_address()) == "[::1]:7000");
  CHECK(read->secret_file.empty());
  CHECK(read->nodes.empty());
}

TEST_CASE("unknown names in a cluster file get the nearest one",
          "[cluster_file]") {
  CHECK(problem_of("nmae=\"lab\"")
        == "x.conf:2: unknown key \"nmae\", did you mean name?");
  CHECK(problem_of("ssh={usr=\"ops\"}")
        == "x.conf:2: unknown key \"usr\", did you mean user?");
  CHECK(problem_of("nodes=[{hots=\"a\"}]")
        == "x.conf:2: unknown key \"hots\", did you mean host?");
  CHECK(problem_of("nodes=[\n{host=\"localhost\",\n num-cpu=1}]")
        == "x.conf:4: unknown key \"num-cpu\", did you mean num-cpus?");
  CHECK(problem("name=\"a\"\n", "[clustre]\n")
        == "x.conf:2: unknown section [clustre], did you mean cluster?");
  CHECK(problem("port=1\n", "[rayd]\n")
        == "x.conf:2: section [rayd] is for rayd start --config: write flags "
           "into head and nodes");
  CHECK(problem("name=\"a\"\n", "")
        == "x.conf:1: key \"name\" stands before any section: write [cluster] "
           "above it");
}

TEST_CASE("wrong values in a cluster file are named", "[cluster_file]") {
  CHECK(problem_of("nodes={host=\"localhost\"}").find("nodes needs [{host=")
        != std::string::npos);
  CHECK(problem_of("ssh={port=\"22\"}")
        == "x.conf:2: port needs an integer such as 22, not a text");
  CHECK(problem_of("ssh={port=0}") == "x.conf:2: port: 0 is not a port");
  CHECK(problem_of("ssh={user=\"-oProxyCommand=x\"}")
        == "x.conf:2: user: \"-oProxyCommand=x\" is not a user's name");
  CHECK(problem_of("nodes=[{host=\"-v\"}]")
        == "x.conf:2: host: \"-v\" is not a host's name or address");
  CHECK(problem_of("nodes=[{num-cpus=1}]") == "x.conf:2: nodes needs a host");
  CHECK(problem_of("nodes=[{host=\"localhost\", count=0}]")
        == "x.conf:2: count: 0 is not from 1 to 1000");
  CHECK(problem_of("nodes=[{host=\"localhost\", num-cpus=-1}]")
          .find("x.conf:2: num-cpus: \"-1\"")
        == 0);
  CHECK(problem_of("nodes=[{host=\"localhost\", port=1}]")
        == "x.conf:2: port is for the head only");
  CHECK(problem_of("nodes=[{host=\"localhost\", address=\"x\"}]")
        == "x.conf:2: address is not for one node: rayd up gives it to all");
  CHECK(problem_of("nodes=[{host=\"localhost\", host=\"b\"}]")
        == "x.conf:2: key \"host\" stands here twice");
  CHECK(problem("name=\"a b\"\n")
        == "x.conf:2: name: \"a b\" is not a name such as \"lab\"");
}

TEST_CASE("flags that do not work yet are refused in a cluster file, too",
          "[cluster_file]") {
  for (auto& row : option_table())
    if (!row.works && row.type == option_type::text) {
      const auto key = std::string{row.key};
      CHECK(problem("head={host=\"localhost\", " + key + "=\"x\"}\n")
            == "x.conf:2: " + key + " does not work yet: leave it out");
    }
}

TEST_CASE("a cluster file must fit together", "[cluster_file]") {
  CHECK(problem("head={host=\"localhost\"}\n").find("name is missing")
        != std::string::npos);
  CHECK(problem("name=\"a\"\n").find("head is missing") != std::string::npos);
  CHECK(problem("name=\"a\"\nhead={host=\"localhost\"}\n"
                "nodes=[{host=\"far\"}]\n")
          .find("the node on far cannot reach a head on localhost")
        != std::string::npos);
  CHECK(problem("name=\"a\"\nhead={host=\"far\"}\n")
          .find("redis-password-file is missing")
        != std::string::npos);
  CHECK(problem("name=\"a\"\nhead={host=\"localhost\", port=0}\n")
        == "x.conf:3: port: 0 is no port that nodes could be told");
}
