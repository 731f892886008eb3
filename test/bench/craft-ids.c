// Message ids that share a few slots of any open-addressing table under a hash without a key: the two-lane multiply and
// rotate hash with MurmurHash3's mix, whose low half is below a limit for all of them.
// cc -O2 craft-ids.c -o craft-ids && ./craft-ids 150000 50000
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

struct lanes { uint32_t a, b; };

static uint32_t rotated(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }

static struct lanes after(struct lanes h, uint8_t unit) {
  return (struct lanes){rotated((h.a ^ unit) * 0xcc9e2d51u, 15), rotated((h.b ^ unit) * 0x1b873593u, 13)};
}

static uint32_t low_half(struct lanes l) {
  uint32_t h = l.b ^ (l.a * 0x38b34ae5u);
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long wanted = atol(argv[1]);
  uint32_t below = (uint32_t)atol(argv[2]);
  for (uint64_t n = 0; wanted > 0; n++) {
    char start[32];
    snprintf(start, sizeof start, "ajs-%010llx", (unsigned long long)n);
    uint32_t length = (uint32_t)strlen(start) + 3;
    struct lanes head = {0x9e3779b9u ^ length, 0x85ebca6bu ^ length};
    for (char *c = start; *c; c++) head = after(head, (uint8_t)*c);
    for (int i = 0; i < 64; i++) {
      struct lanes first = after(head, (uint8_t)alphabet[i]);
      for (int j = 0; j < 64; j++) {
        struct lanes second = after(first, (uint8_t)alphabet[j]);
        for (int k = 0; k < 64 && wanted > 0; k++) {
          if (low_half(after(second, (uint8_t)alphabet[k])) >= below) continue;
          printf("%s%c%c%c\n", start, alphabet[i], alphabet[j], alphabet[k]);
          wanted--;
        }
      }
    }
  }
  return 0;
}
