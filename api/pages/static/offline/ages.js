// SPDX-License-Identifier: Apache-2.0
// Times as people here read them.

const CHINA = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

/** "2026-08-01 12:00:00" in China's time. */
export const china = (moment) => CHINA.format(new Date(moment));

/** How long ago, in words. */
export function ago(moment, now = new Date()) {
  const minutes = Math.floor((now - new Date(moment)) / 60_000);
  if (minutes < -5) return "晚于本机时间,请校准时钟";
  if (minutes < 1) return "刚刚";
  if (minutes < 60) return `${minutes} 分钟前`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} 小时前`;
  return `${Math.floor(minutes / 1440)} 天前`;
}
