/** Owns the list of hosts that are not reached through a proxy: the value of NO_PROXY, as Go's `httpproxy` reads it. */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** An entry for addresses: one, or those of a CIDR. */
interface AddressRule {
  readonly addresses: BlockList;
  /** '' is every port. */
  readonly port: string;
}

interface DomainRule {
  /** With a dot before it. */
  readonly suffix: string;
  /** The domain itself is meant too, not only what is below it. */
  readonly itself: boolean;
  readonly port: string;
}

/**
 * Entries are separated by commas: `*` (all hosts), an address, a CIDR
 * (`10.0.0.0/8`), a name (it and all below it), `.name` or `*.name` (only what is
 * below it); each but a CIDR may end in `:port`. What can't be read has no effect.
 *
 * Two differences to Go, where an entry would otherwise mean nothing: an address
 * in brackets needs no port, and the zone of an address (`fe80::1%eth0`) is
 * dropped, because a URL has none (URL standard).
 */
export class NoProxy {
  private all = false;
  private readonly addresses: AddressRule[] = [];
  private readonly domains: DomainRule[] = [];

  constructor(list: string) {
    for (const entry of list.split(',')) this.add(entry.trim().toLowerCase());
  }

  /** `hostname`: as the URL standard writes it, without brackets. */
  covers(hostname: string, port: number): boolean {
    if (this.all) return true;
    const family = isIP(hostname);
    const at = String(port);
    const isHere = (rule: { readonly port: string }): boolean => rule.port === '' || rule.port === at;
    if (family !== 0 && this.addresses.some((rule) => isHere(rule) && rule.addresses.check(hostname, nameOf(family)))) return true;
    const name = withoutLastDot(hostname);
    return this.domains.some((rule) => isHere(rule) && (name.endsWith(rule.suffix) || (rule.itself && name === rule.suffix.slice(1))));
  }

  private add(entry: string): void {
    if (entry === '*') this.all = true;
    const [, network, bits] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? [];
    if (network !== undefined) {
      const family = isIP(network);
      if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) {
        const addresses = new BlockList();
        addresses.addSubnet(network, Number(bits), nameOf(family));
        this.addresses.push({ addresses, port: '' });
      }
      return;
    }
    const { host, port } = splitPort(entry);
    if (host === '') return;
    const address = host.replace(/%.*$/s, '');
    const family = isIP(address);
    if (family !== 0) {
      const addresses = new BlockList();
      addresses.addAddress(address, nameOf(family));
      this.addresses.push({ addresses, port });
      return;
    }
    const below = host.startsWith('*.') ? host.slice(1) : host;
    const name = withoutLastDot(below.replace(/^\./, ''));
    if (name !== '') this.domains.push({ suffix: `.${domainToASCII(name) || name}`, itself: !below.startsWith('.'), port });
  }
}

/** `host:port`, `[address]:port`, or a host alone; an address of IPv6 without brackets has no port. */
function splitPort(entry: string): { host: string; port: string } {
  const bracketed = /^\[([^\]]*)\](?::(\d*))?$/.exec(entry);
  if (bracketed !== null) return { host: bracketed[1], port: bracketed[2] ?? '' };
  const [host, port, ...more] = entry.split(':');
  return more.length > 0 || port === undefined ? { host: entry, port: '' } : { host, port };
}

function withoutLastDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function nameOf(family: number): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}
