import { disposableEmailBlocklist } from 'disposable-email-domains-js';
import mailboxProviders from 'email-providers';

/*
 * Hosts that belong to no single company. The long lists come from two dependencies and are as
 * recent as their versions: `email-providers` (free mailboxes and internet providers) and
 * `disposable-email-domains-js` (throw-away addresses). This file has the additions and
 * corrections.
 */

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Internet providers, private mailboxes and relays that the lists lack. */
const moreMailboxes = words(`
  a1.net acsalaska.net bbox.fr bezeqint.net 012.net.il bredband.net bsnl.in airtelmail.in
  batelco.com.bh cantv.net chello.at ciudad.com.ar comhem.se consolidated.net eastlink.ca eim.ae
  emirates.net.ae entelchile.net fairpoint.net fastwebnet.it flash.net goo.jp hinet.net hispeed.ch
  iafrica.com in.com lantic.net link.net mail.telepac.pt mediacombb.net movistar.es mts.net
  mweb.co.za netcabo.pt netvigator.com numericable.fr nvbell.net ono.com otenet.gr
  pacific.net.sg pchome.com.tw proximus.be qatar.net.qa sasktel.net scarlet.be seed.net.tw
  slingshot.co.nz spectrum.net starband.net starhub.net.sg stofanet.dk streamyx.com suddenlink.net
  sunrise.ch superonline.com tdcadsl.dk tele2.se telia.com telkomsa.net tesco.net tm.net.my
  ttmail.com une.net.co vodafone.co.nz vodafone.de vodamail.co.za volny.cz vsnl.com vsnl.net
  vtr.net welho.com ya.com yahooxtra.co.nz ziggo.nl zoznam.sk zoomtown.com

  disroot.org fastmail.com hey.com keemail.me kolabnow.com mailbox.org mailfence.com passport.com
  pm.me pobox.com posteo.de posteo.net protonmail.ch riseup.net runbox.com skiff.com startmail.com
  tuta.com tuta.io tutamail.com tutanota.com tutanota.de zohomail.com zohomail.eu zoho.eu

  addy.io aleeas.com anonaddy.com anonaddy.me duck.com icloud.com mozmail.com passfwd.com
  passinbox.com passmail.com passmail.net privaterelay.appleid.com relay.firefox.com
  simplelogin.co simplelogin.com slmail.me users.noreply.github.com

  messaging.sprintpcs.com mms.att.net tmomail.net txt.att.net vtext.com vzwpix.com

  convo.zillow.com guest.airbnb.com guest.booking.com marketplace.amazon.com
  members.ebay.com messaging.yelp.com reply.craigslist.org sale.craigslist.org
`);

/** Domains of companies and institutions, or reserved ones, that the lists take for mailboxes. */
const notMailboxes = words(`
  alibaba.com ancestry.com aver.com bt.com discovery.com dnsmadeeasy.com enel.net example.com
  law.com medscape.com name.com nus.edu.sg oath.com parrot.com sfgov.net swissinfo.org
  techspot.com telstra.com unican.es
`);

/** Mailbox brands that use the same name below the suffixes of many countries. */
const mailboxBrands = new Set(
  words(
    `aol gmail gmx googlemail hotmail live msn outlook protonmail rocketmail yahoo yandex ymail`,
  ),
);
/** Suffixes of countries that start-ups use as if they were generic. */
const genericCountrySuffixes = new Set(words('ac ai cc co fm gg io ly me sh so tv vc ws'));

/** Hosts where people and companies have a page each, or that lead elsewhere. */
const platforms = words(`
  ask.fm bsky.app discord.com discord.gg facebook.com fb.com fb.me instagram.com line.me
  linkedin.com lnkd.in m.me mastodon.social medium.com messenger.com myspace.com nextdoor.com ok.ru
  pinterest.com quora.com reddit.com signal.me snapchat.com substack.com t.me telegram.me
  telegram.org threads.com threads.net tiktok.com tumblr.com twitch.tv twitter.com vimeo.com vk.com
  wa.me wechat.com weibo.com whatsapp.com x.com xing.com youtu.be youtube.com

  about.me allmylinks.com beacons.ai bento.me bio.link bio.site campsite.bio flow.page flowcode.com
  hoo.be komi.io linkin.bio linkpop.com linktr.ee lnk.bio lnk.to milkshake.app msha.ke snipfeed.co
  solo.to stan.store taplink.at taplink.cc withkoji.com

  adobe.ly amzn.to bit.do bit.ly bl.ink buff.ly cutt.ly dub.sh fb.watch g.co g.page goo.gl is.gd
  ow.ly qr.io qrco.de rb.gy rebrand.ly s.id short.gy shorturl.at shor.by snip.ly t.co t.ly t2m.io
  tiny.cc tiny.one tinyurl.com trib.al urlz.fr v.gd

  business.google.com calendar.google.com docs.google.com drive.google.com forms.gle
  google.com/maps google.com/search google.com/url groups.google.com mail.google.com maps.apple.com
  maps.google.com meet.google.com photos.google.com play.google.com plus.google.com
  sites.google.com translate.google.com apps.apple.com bing.com/maps bing.com/search
  1drv.ms airtable.com box.com canva.com canva.site dropbox.com forms.office.com icloud.com/sites
  issuu.com jotform.com onedrive.live.com paperform.co prezi.com scribd.com sharepoint.com
  slideshare.net surveymonkey.com trello.com typeform.com zoom.us

  10web.site angelfire.com bigcartel.com business.site cargo.site cargocollective.com
  clickfunnels.com company.site duda.co dudaone.com edublogs.org format.com geocities.com glitch.me
  godaddysites.com homestead.com hs-sites.com hubspotpagebuilder.com hubspotpagebuilder.eu
  instapage.com jimdo.com jimdofree.com jimdosite.com kajabi.com kinsta.cloud livejournal.com
  mailchi.mp mailchimpsites.com mystrikingly.com odoo.com over-blog.com pixieset.com site123.me
  sitebuilder.com smugmug.com squarespace.com strikingly.com teachable.com thinkific.com tilda.ws
  tripod.com typepad.com ueniweb.com ukit.com unbounce.com vistaprint.com webador.com webnode.com
  webnode.page webs.com weebly.com wix.com wordpress.com wpengine.com yola.com zohosites.com

  airbnb.com aliexpress.com amazon.ca amazon.co.uk amazon.com amazon.de amazon.es amazon.fr
  amazon.in amazon.it angi.com apartments.com avvo.com bbb.org behance.net booking.com calendly.com
  capterra.com chamberofcommerce.com clutch.co craigslist.org crunchbase.com cylex.de deviantart.com
  doctolib.fr doordash.com dribbble.com ebay.co.uk ebay.com ebay.de etsy.com eventbrite.com
  expedia.com fiverr.com foursquare.com g2.com github.com gitlab.com glassdoor.com gofundme.com
  grubhub.com healthgrades.com homeadvisor.com houzz.com imdb.com indeed.com indiamart.com
  justdial.com kickstarter.com loopnet.com manta.com mapquest.com meetup.com merchantcircle.com
  opentable.com pagesjaunes.fr patreon.com paypal.com paypal.me producthunt.com psychologytoday.com
  realtor.com soundcloud.com spotify.com superpages.com thumbtack.com tripadvisor.com
  trulia.com trustpilot.com ubereats.com upwork.com venmo.com waze.com wikipedia.org
  yell.com yellowpages.ca yellowpages.com yelp.com zillow.com zocdoc.com zoominfo.com

  archive.org web.archive.org cash.app onelink.me page.link
`);

/**
 * Suffixes below which a mail service gives each customer a name of its own, and which the public
 * suffix list does not hold: the names that Microsoft 365 gives to organisations without a domain
 * (https://learn.microsoft.com/en-us/microsoft-365/admin/setup/domains-faq).
 */
export const customerSuffixes: readonly string[] = words(
  'mail.onmicrosoft.com onmicrosoft.com onmicrosoft.de onmicrosoft.us partner.onmschina.cn',
);

const mailboxHosts = new Set([
  ...mailboxProviders,
  ...disposableEmailBlocklist(),
  ...moreMailboxes,
]);
for (const host of notMailboxes) mailboxHosts.delete(host);
const platformHosts = new Set(platforms);

/** A host in ASCII and lower case, with its registrable domain and what the suffix list says. */
export interface Host {
  /** Such as mail.example.co.uk. */
  hostname: string;
  /** Such as example.co.uk. */
  domain: string;
  /** Such as co.uk. */
  suffix: string;
}

/** Whether anybody can have a mailbox at the host, so that it identifies no company. */
export function isMailboxHost({ hostname, domain, suffix }: Host): boolean {
  const brand = domain.slice(0, -suffix.length - 1);
  return (
    listParents(hostname, domain).some((host) => mailboxHosts.has(host)) ||
    (mailboxBrands.has(brand) && isCountrySuffix(suffix))
  );
}

/**
 * Whether many companies share the host of a website. `path` begins with a slash; a few hosts are
 * shared only below some of their paths.
 */
export function isPlatform({ hostname, domain }: Host, path: string): boolean {
  const section = path.split('/', 2).join('/');
  return listParents(hostname, domain).some(
    (host) => platformHosts.has(host) || platformHosts.has(`${host}${section}`),
  );
}

function isCountrySuffix(suffix: string): boolean {
  return /(?:^|\.)[a-z]{2}$/.test(suffix) && !genericCountrySuffixes.has(suffix);
}

/** The host and the names above it, down to its registrable domain. */
function listParents(hostname: string, domain: string): string[] {
  const labels = hostname.slice(0, -domain.length).split('.').filter(Boolean);
  return [...labels.map((_, index) => `${labels.slice(index).join('.')}.${domain}`), domain];
}
