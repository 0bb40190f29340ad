-- What promotions do: of the sessions that came across one, how many went on to play its show, among those that saw it
-- (treatment) and among those from whom it was held back (holdout), which is the baseline. The uplift is the difference,
-- with the limits of its 95 % confidence interval (of the difference of two proportions, normal approximation).
-- Replaces the days from :first_day to :last_day; a session belongs to the day on which it came across the promotion.

CREATE TABLE IF NOT EXISTS marts.promotion_effectiveness (
    dt DATE NOT NULL,
    promotion_id VARCHAR(64) NOT NULL,
    show_id VARCHAR(64),
    title VARCHAR(256),
    promotion_kind VARCHAR(64),
    shown_sessions BIGINT,
    shown_plays BIGINT,
    holdout_sessions BIGINT,
    holdout_plays BIGINT,
    clicks BIGINT,
    shown_rate DOUBLE PRECISION,
    holdout_rate DOUBLE PRECISION,
    uplift DOUBLE PRECISION,
    uplift_low DOUBLE PRECISION,
    uplift_high DOUBLE PRECISION,
    PRIMARY KEY (dt, promotion_id)
) DISTSTYLE ALL SORTKEY (dt);

DELETE FROM marts.promotion_effectiveness WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE);

INSERT INTO marts.promotion_effectiveness
WITH met AS (
    SELECT session_id, promotion_id, show_id, variant, MIN(event_time) AS met_at, MIN(dt) AS dt
    FROM lake.events_promotion_shown
    WHERE dt BETWEEN :first_day AND :last_day
    GROUP BY session_id, promotion_id, show_id, variant
), played AS (
    SELECT session_id, show_id, MAX(event_time) AS played_at
    FROM lake.events_playback_started
    WHERE dt >= :first_day
    GROUP BY session_id, show_id
), clicked AS (
    SELECT session_id, promotion_id, COUNT(*) AS clicks
    FROM lake.events_promotion_clicked
    WHERE dt >= :first_day
    GROUP BY session_id, promotion_id
), visits AS (
    SELECT met.dt, met.promotion_id, met.show_id, met.variant, COALESCE(clicked.clicks, 0) AS clicks,
           CASE WHEN played.played_at >= met.met_at THEN 1 ELSE 0 END AS converted
    FROM met
    LEFT JOIN played ON played.session_id = met.session_id AND played.show_id = met.show_id
    LEFT JOIN clicked ON clicked.session_id = met.session_id AND clicked.promotion_id = met.promotion_id
), counted AS (
    SELECT dt, promotion_id, show_id,
           SUM(CASE WHEN variant = 'treatment' THEN 1 ELSE 0 END) AS shown_sessions,
           SUM(CASE WHEN variant = 'treatment' THEN converted ELSE 0 END) AS shown_plays,
           SUM(CASE WHEN variant = 'holdout' THEN 1 ELSE 0 END) AS holdout_sessions,
           SUM(CASE WHEN variant = 'holdout' THEN converted ELSE 0 END) AS holdout_plays,
           SUM(clicks) AS clicks
    FROM visits
    GROUP BY dt, promotion_id, show_id
), rated AS (
    SELECT *,
           CAST(shown_plays AS DOUBLE PRECISION) / NULLIF(shown_sessions, 0) AS shown_rate,
           CAST(holdout_plays AS DOUBLE PRECISION) / NULLIF(holdout_sessions, 0) AS holdout_rate
    FROM counted
), judged AS (
    SELECT *,
           SQRT(
               shown_rate * (1 - shown_rate) / NULLIF(shown_sessions, 0)
               + holdout_rate * (1 - holdout_rate) / NULLIF(holdout_sessions, 0)
           ) AS standard_error
    FROM rated
)
SELECT CAST(judged.dt AS DATE), judged.promotion_id, judged.show_id, shows.title, shows.promotion_kind,
       judged.shown_sessions, judged.shown_plays, judged.holdout_sessions, judged.holdout_plays, judged.clicks,
       judged.shown_rate, judged.holdout_rate, judged.shown_rate - judged.holdout_rate,
       judged.shown_rate - judged.holdout_rate - 1.96 * judged.standard_error,
       judged.shown_rate - judged.holdout_rate + 1.96 * judged.standard_error
FROM judged
LEFT JOIN lake.shows_current AS shows ON shows.show_id = judged.show_id;
