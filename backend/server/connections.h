#pragma once

#include <cstddef>
#include <list>
#include <memory>

namespace inferno::server {

// The open connections, so that they can be counted and ended. On the server's
// thread only.
class Connections {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    // Ends the connection; politely where it can, without waiting.
    virtual void stop() = 0;
  };

  // Keeps its place in the list until it is destroyed; may outlive the list.
  class Place {
   public:
    Place() = default;
    Place(std::shared_ptr<std::list<Member*>> list, Member* member) : list_(std::move(list)) {
      at_ = list_->insert(list_->end(), member);
    }
    Place(Place&& other) noexcept : list_(std::move(other.list_)), at_(other.at_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(list_, other.list_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~Place() {
      if (list_) list_->erase(at_);
    }

   private:
    std::shared_ptr<std::list<Member*>> list_;
    std::list<Member*>::iterator at_{};
  };

  Place join(Member& member) { return Place(members_, &member); }
  std::size_t size() const { return members_->size(); }

  void stop_all() {
    const auto members = *members_;  // stop() may take its member out of the list
    for (Member* member : members) member->stop();
  }

 private:
  std::shared_ptr<std::list<Member*>> members_ = std::make_shared<std::list<Member*>>();
};

}  // namespace inferno::server
